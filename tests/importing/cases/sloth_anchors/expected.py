"""The SLOs of shop, imported from in.yml. Yours to edit."""

from promspec import SLO, Counter, Label, Ratio, Spec

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
state = Label("state", "Asked for: failed", max_values=100)
shop_orders_total = Counter(
    "shop_orders_total",
    "Counted by the SLOs orders, orders-strict.",
    labels=[state],
    external=True,
)

# On every alert of the SLOs below.
labels = {"region": "eu"}

# in.yml:7
# line 15: its alerts are no longer called Orders, but by the SLO and the tier; change what matches the name, such as
# routes.
orders = SLO(
    "orders",
    Ratio(bad=shop_orders_total.where(state="failed"), total=shop_orders_total),
    objective=99.9,
    labels=labels,
)

# in.yml:17
# line 15: its alerts are no longer called Orders, but by the SLO and the tier; change what matches the name, such as
# routes.
orders_strict = SLO(
    "orders-strict",
    Ratio(bad=shop_orders_total.where(state="failed"), total=shop_orders_total),
    objective=99.99,
    labels=labels,
)

spec = Spec("shop", owner="shop", metrics=[shop_orders_total], slos=[orders, orders_strict])
