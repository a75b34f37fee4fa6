from promspec import SLO, Counter, Label, Ratio, Spec, not_

kind = Label("kind", "Of what kind.", values=["mail", "push"])
result = Label("result", "How it ended.", values=["sent", "lost"])
messages = Counter("messages_total", "Finished messages.", labels=[kind, result])
lost = Counter("messages_lost_total", "Lost messages.", labels=[kind])
total = Counter("messages_all_total", "All messages.", labels=[kind])
runbook = "https://example.com/runbooks/lost"

spec = Spec(
    "messages",
    owner="mail",
    metrics=[messages],
    slos=[
        SLO("by-counters", Ratio(bad=lost, total=total), objective=99.9, runbook=runbook),
        SLO(
            "by-good", Ratio(good=messages.where(result=not_("lost")), total=messages), objective=99.9, runbook=runbook
        ),
        SLO("by-selector", Ratio(bad=messages.where(result="lost"), total=messages), objective=99, runbook=runbook),
        SLO(
            "by-query",
            Ratio(
                bad='sum by (kind) (increase(messages_total{result="lost"}[$window]))',
                total="sum by (kind) (increase(messages_total[$window]))",
            ),
            objective=99,
            group_by=[kind],
            runbook=runbook,
        ),
        SLO(
            "by-plain-selector",
            Ratio(bad='messages_total{result="lost"}', total="messages_total"),
            objective=99,
            runbook=runbook,
        ),
        SLO(
            "of-two-parts",
            Ratio(
                bad="sum(increase(messages_lost_total[$window])) + sum(increase(messages_total{result='lost'}[$window]))",
                total="sum(increase(messages_all_total[$window])) + sum(increase(messages_total[$window]))",
            ),
            objective=99.95,
            runbook=runbook,
        ),
    ],
)
