"""The SLOs of shop-checkout, imported from in.yml. Yours to edit."""

from promspec import (
    PAGE_FAST,
    PAGE_SLOW,
    SLO,
    TICKET_FAST,
    TICKET_SLOW,
    Counter,
    Histogram,
    Label,
    Latency,
    Ratio,
    Spec,
    matches,
)

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
code = Label("code", "Asked for: (5..|429)", max_values=100)
checkout_orders_total = Counter(
    "checkout_orders_total",
    "Counted by the SLO orders-availability.",
    labels=[code],
    external=True,
)
checkout_order_duration_seconds = Histogram(
    "checkout_order_duration_seconds",
    "Counted by the SLO orders-latency.",
    buckets=[0.4],
    external=True,
)

# On every alert of the SLOs below.
labels = {"owner": "checkout-team", "repo": "acme/checkout"}

# in.yml:8
# line 16: its alerts are no longer called CheckoutOrdersFail, but by the SLO and the tier; change what matches the
# name, such as routes.
# line 20: promspec writes the annotation summary itself; leave it, or put what it adds under another name into
# annotations={…}.
orders_availability = SLO(
    "orders-availability",
    Ratio(
        bad=checkout_orders_total.where(job="checkout", code=matches("(5..|429)")),
        total=checkout_orders_total.where(job="checkout"),
    ),
    objective=99.9,
    tiers=[
        PAGE_FAST.but(labels={"routing_key": "checkout-primary"}),
        PAGE_SLOW.but(labels={"routing_key": "checkout-primary"}),
        TICKET_FAST,
        TICKET_SLOW,
    ],
    description="Orders are taken.",
    runbook="https://runbooks.example.com/checkout#orders",
    labels={**labels, "category": "availability"},
    annotations={"slack": "#checkout"},
)

# in.yml:31
# line 43: its alerts are no longer called CheckoutOrdersSlow, but by the SLO and the tier; change what matches the
# name, such as routes.
orders_latency = SLO(
    "orders-latency",
    Latency(checkout_order_duration_seconds.where(job="checkout"), below=0.4),
    objective=99,
    labels=labels,
)

spec = Spec(
    "shop_checkout",
    owner="checkout-team",
    metrics=[checkout_orders_total, checkout_order_duration_seconds],
    slos=[orders_availability, orders_latency],
)
