"""The SLOs of gateway, imported from in.yml. Yours to edit."""

from promspec import PAGE_FAST, PAGE_SLOW, SLO, TICKET_FAST, TICKET_SLOW, Counter, Label, Ratio, Severity, Spec, not_

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
outcome = Label("outcome", "Asked for: not ok", max_values=100)
gateway_calls_total = Counter("gateway_calls_total", "Counted by the SLO calls.", labels=[outcome], external=True)

# in.yml:13
# line 21: its alerts are no longer called GatewayCalls, but by the SLO and the tier; change what matches the name, such
# as routes.
# line 24: the severity 'pageteam' is critical now: promspec knows critical, warning or info; route on
# severity=critical.
calls = SLO(
    "calls",
    Ratio(bad=gateway_calls_total.where(outcome=not_("ok")), total=gateway_calls_total),
    objective=99.95,
    tiers=[
        PAGE_FAST.but(labels={"route": "edge-pager"}),
        PAGE_SLOW.but(labels={"route": "edge-pager"}),
        TICKET_FAST.but(severity=Severity.INFO),
        TICKET_SLOW.but(severity=Severity.INFO),
    ],
    description="Calls through the gateway.",
)

spec = Spec("gateway", owner="edge", metrics=[gateway_calls_total], slos=[calls])
