"""What no Spec holds is not generated, so it is an error."""

from promspec import Alert, Code, Counter, Dashboard, ErrorCodes, Label, Row, Runbook, Severity, Spec, Stat

color = Label("color", "A colour.", values=["red"])


class ErrorCode(ErrorCodes):
    TIMEOUT = Code("timeout", action="Wait.")


held = Counter("held_total", "Held.", labels=[color])
loose = Counter("loose_total", "Loose.", labels=[Label("shape", "A shape.", values=["round"])])
runbook = Runbook("down", "It is down", summary="It is down.")
alert = Alert("Down", "up == 0", severity=Severity.CRITICAL, summary="It is down.", runbook=runbook)
board = Dashboard("Board", [Row("Row", [Stat("Up", "Whether it is up.", "up", unit="short")])])

spec = Spec("shop", owner="web", metrics=[held])
