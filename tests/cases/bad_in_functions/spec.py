"""What functions make is reported where the spec calls them, or where the mistake stands inside, always with both."""

import team_alerts

from promspec import Alert, Counter, Label, Receiver, Routing, Runbook, Severity, Spec

way = Label("way", "Which way.", values=["in", "out"])
moves = Counter("moves_total", "Moves of anything.", labels=[way])
book = Runbook("moving", "Moving", summary="It moves.")


def moving(name, expr, summary="It moves."):
    return Alert(name, expr, severity=Severity.WARNING, summary=summary, runbook=book)


def both(name):
    return [moving(f"{name}{way}", f'rate(moves_total{{way="{way}", ways="x"}}[5m]) > 1') for way in ("in", "out")]


def nothing(name):
    return Counter(name, "Nothing at all.", nonsense=1)


spec = Spec(
    "shop",
    owner="web",
    metrics=[moves, nothing("nothing_total")],
    alerts=[
        moving("Typo", "rate(mvoes_total[5m]) > 1"),
        moving(
            "NoStop",
            f"rate({moves}[5m]) > 1",
            summary="It does not end",
        ),
        *[moving(f"Each{way}", f'rate({moves}{{way="{way}"}}[5m]) > 1') for way in ("in", "up")],
        *both("Both"),
        (lambda name: Alert(name, "moves > 1", severity=Severity.WARNING, summary="It moves.", runbook=book))("Lambda"),
        *team_alerts.many("Inner", bound=3),
    ],
    routing=Routing(Receiver("default")),
)
