"""The SLOs of rpc, imported from in.yml, windows.yml. Yours to edit."""

from promspec import PAGE_FAST, PAGE_SLOW, SLO, Counter, Label, Ratio, Spec, not_

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
rpc_code = Label("rpc_code", "Asked for: not OK", max_values=100)
rpc_handled_total = Counter("rpc_handled_total", "Counted by the SLO calls.", labels=[rpc_code], external=True)

# in.yml:8
# line 16: the label team is promspec's own, so it is called original_team here; change what matches it, or rename it.
calls = SLO(
    "calls",
    Ratio(bad=rpc_handled_total.where(rpc_code=not_("OK")), total=rpc_handled_total),
    objective=99.9,
    window="7d",
    tiers=[
        PAGE_FAST.but(short="5m", long="1h", budget=0.08, labels={"original_team": "oncall", "routing_key": "rpc"}),
        PAGE_SLOW.but(short="30m", long="6h", budget=0.125, labels={"original_team": "oncall", "routing_key": "rpc"}),
    ],
    budget_exhausted=None,
    budget_forecast=None,
)

spec = Spec("rpc", owner="rpc-team", metrics=[rpc_handled_total], slos=[calls])
