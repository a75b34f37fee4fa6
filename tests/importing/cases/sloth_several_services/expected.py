"""The SLOs of cart, billing, imported from in.yml. Yours to edit."""

from promspec import SLO, Counter, Ratio, Spec

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
cart_errors_total = Counter("cart_errors_total", "Counted by the SLO cart-availability.", external=True)
cart_requests_total = Counter("cart_requests_total", "Counted by the SLO cart-availability.", external=True)
billing_errors_total = Counter("billing_errors_total", "Counted by the SLO billing-availability.", external=True)
billing_requests_total = Counter("billing_requests_total", "Counted by the SLO billing-availability.", external=True)

# in.yml:6
cart_availability = SLO("cart-availability", Ratio(bad=cart_errors_total, total=cart_requests_total), objective=99.9)

# in.yml:17
billing_availability = SLO(
    "billing-availability",
    Ratio(bad=billing_errors_total, total=billing_requests_total),
    objective=99.99,
    team="billing-team",
)

spec = Spec(
    "in_service",
    owner="cart-team",
    metrics=[cart_errors_total, cart_requests_total, billing_errors_total, billing_requests_total],
    slos=[cart_availability, billing_availability],
)
