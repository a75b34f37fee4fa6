"""A team writes a function once and declares a fleet with it."""

from promspec import SLO, Alert, Availability, Code, Counter, ErrorCodes, Label, Operation, Runbook, Severity, Spec


class ErrorCode(ErrorCodes):
    TIMEOUT = Code("timeout", action="Wait.", exceptions=["builtins.TimeoutError"])
    INTERNAL_ERROR = Code("internal_error", action="Read the log.")


status = Label("status", "How it ended.", values=["success", "error"])
runbook = Runbook("burning", "The budget burns", summary="Too many requests fail.")


def service(name: str) -> tuple[Operation, SLO, Alert]:
    requests = Counter(f"{name}_requests_total", f"Finished requests of {name}.", labels=[status])
    errors = Counter(f"{name}_errors_total", f"Failed requests of {name}.", labels=[ErrorCode.label])
    operation = Operation(name, requests=requests, errors=errors)
    slo = SLO(f"{name}-availability", Availability(operation), objective=99.9, runbook=runbook)
    quiet = Alert(
        f"{name.title()}Quiet",
        f"sum(rate({requests}[5m])) == 0",
        for_="10m",
        severity=Severity.WARNING,
        summary=f"{name} is quiet.",
        component=name,
        runbook=runbook,
    )
    return operation, slo, quiet


fleet = [service(name) for name in ("search", "cart", "pay")]

spec = Spec(
    "shop",
    owner="web",
    error_codes=ErrorCode,
    operations=[operation for operation, _, _ in fleet],
    slos=[slo for _, slo, _ in fleet],
    alerts=[alert for _, _, alert in fleet],
)
