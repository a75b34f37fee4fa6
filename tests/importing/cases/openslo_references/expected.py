"""The SLOs of shop, imported from in.yml, objects.yml. Yours to edit."""

from promspec import SLO, Counter, Label, Ratio, Severity, Spec, Tier

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
state = Label("state", "Asked for: failed", max_values=100)
shop_orders_total = Counter("shop_orders_total", "Counted by the SLO orders.", labels=[state], external=True)

# in.yml:1
# line 33: its alerts go to pager (pagerduty) or kept-elsewhere, which is not carried over; give the Spec
# routing=Routing(…).
# line 27: it must also burn within 5m, so that the alert ends soon after the fault does; there is nothing to do;
# short=… sets the window.
# line 41: alertWhenNoData is not a matter of the SLO; alert on absent(up{job=…}), or on what should be there.
# line 48: it must also burn within 6h, so that the alert ends soon after the fault does; there is nothing to do;
# short=… sets the window.
orders = SLO(
    "orders",
    Ratio(bad=shop_orders_total.where(state="failed"), total=shop_orders_total),
    objective=99,
    tiers=[
        Tier("burning-fast", short="5m", long="1h", budget=0.02, severity=Severity.CRITICAL, for_="2m"),
        Tier("burning-slowly", short="6h", long="3d", budget=0.1, severity=Severity.WARNING),
    ],
    budget_exhausted=None,
    budget_forecast=None,
)

spec = Spec(
    "shop",
    owner="shop-team",
    title="The Shop",
    description="Sells things.",
    metrics=[shop_orders_total],
    slos=[orders],
)
