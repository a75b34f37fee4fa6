"""The spec that the tests of the runtime count with: a family of each kind, closed, open and ugly labels."""

from __future__ import annotations

TRIAL = r"""
provider = Label("provider", values=["paddle", "tess\"er\\act", "new\nline"])
stage = Label("stage", values=["load", "100 %s", "ünï"])
tenant = Label("tenant", max_values=3)

class ErrorCode(ErrorCodes):
    TIMEOUT = Code("timeout", exceptions=["builtins.TimeoutError"])
    INTERNAL = Code("internal_error")

requests = Counter("requests_total", "Requests.", labels=[provider, stage])
errors = Counter("errors_total", "Errors.", labels=[provider, ErrorCode.label])
seconds = Histogram("seconds", 'With "quotes", \\ and\nlines.', labels=[provider], buckets=[0.1, 0.5, 2, 1e7])
stages = Histogram("stage_seconds", "Stages.", labels=[stage, provider], buckets=[0.1, 1])
jobs = Counter("jobs_total", "Jobs.", labels=[provider, Label("status", values=["success", "error"])])
spec = Spec("trial", owner="o", error_codes=ErrorCode, metrics=[
    requests,
    Counter("plain_total", "No labels."),
    Counter("rare_total", "Appears when it is counted.", labels=[provider], initialise="never"),
    Counter("visits_total", "Open.", labels=[tenant]),
    Gauge("level", "Level.", labels=[provider]),
    Gauge("alone", "One.", initialise="never"),
    seconds,
    Histogram("delta", "Change.", buckets=[-5, 0, 5]),
    Info("build_info", "The build.", labels=[Label("version", max_values=10)]),
], operations=[Operation("job", requests=jobs, errors=errors, duration=seconds, stages=stages)])
"""
