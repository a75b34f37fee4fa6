"""Texts of specs that the tests of the generated code share: a usual one, a nasty one, two small ones."""
# ruff: noqa: E501, RUF001 -- long lines and letters that look like others are what is tested.

from __future__ import annotations

SHOP = '''
provider = Label("provider", "Who answers.", values=["paddle", "tesseract"])
stage = Label("stage", "Where.", values=["load", "infer", "parse"])
status = Label("status", "How it ended.", values=["success", "error", "cache_hit", "rejected"])
tenant = Label("tenant", "Whose.", max_values=2)

class ErrorCode(ErrorCodes):
    """What can go wrong."""

    TIMEOUT = Code("timeout", severity=Severity.CRITICAL, action="Look at the provider.",
                   exceptions=["asyncio.TimeoutError", "socket.gaierror"])
    PARSE_FAILED = Code("parse_failed", exceptions=["json.JSONDecodeError",
                        ExceptionMatch("builtins.ValueError", message="pars")])
    LOADING = Code("loading", exceptions=[ExceptionMatch("builtins.OSError", stage="load")])
    INPUT_ERROR = Code("input_error", severity=Severity.INFO, exceptions=["builtins.ValueError"], spends_budget=False)
    INTERNAL_ERROR = Code("internal_error")

requests = Counter("ocr_requests_total", "Finished requests.", labels=[provider, status])
errors = Counter("ocr_errors_total", "Failed requests.", labels=[provider, ErrorCode.label, stage])
duration = Histogram("ocr_duration_seconds", "Time to answer.", labels=[provider], buckets=[0.1, 1, 5])
stages = Histogram("ocr_stage_seconds", "Time of a stage.", labels=[provider, stage], buckets=[0.1, 1])
ocr = Operation("ocr", "Reads a drawing.", requests=requests, errors=errors, duration=duration, stages=stages)

outcome = Label("outcome", values=["success", "failed", "cancelled"])
job = Operation("job", requests=Counter("jobs_total", "Finished jobs.", labels=[outcome]), failure="failed")
bare = Operation("bare", requests=Counter("bare_total", "Finished without a word."))

spec = Spec("shop", owner="web-team", error_codes=ErrorCode, operations=[ocr, job, bare], metrics=[
    Counter("visits_total", "Visits.", labels=[tenant, provider]),
    Counter("rare_total", "Rare events.", labels=[provider], initialise="never"),
    Gauge("queue_size", "Waiting.", labels=[provider]),
    Gauge("age_seconds", "Age.", initialise="never"),
    Histogram("delta", "Change.", buckets=[-5, 0, 5]),
    Info("build_info", "The build.", labels=[Label("version", max_values=10), Label("class", values=["a", "b"])]),
    Gauge("node_load", "Somebody else's.", external=True),
])
'''

NASTY = r'''
ugly = Label("class", 'Text with "quotes", \\ and {braces} and\nnewline',
             values=['a"b', "it's", "back\\slash", "new\nline", "ünï", "日本", "{x}", "%s", "a b"])
from_ = Label("from", max_values=2, overflow="more")
self_ = Label("self", values=["x"])
amount = Label("amount", values=["x", "y"])
value = Label("value", max_values=3)
class_ = Label("class_", values=["q"])
p1, p2 = Label("provider", values=["a", "b"]), Label("provider", values=["c", "d"])
p3, p4 = Label("provider", values=["e"]), Label("provider", values=["f", "g", "h"])
many = Label("many", values=[f"value_number_{i:03d}" for i in range(60)])
literal = Label("literal", values=["x"])

class Failure(ErrorCodes, label_name="reason"):
    """Codes „quoted“ – with a dash and α."""

    timeout = Code("timeout", help='Say "hi" \\ there', action="Do something very long with words, " * 20, exceptions=[
        "builtins.TimeoutError",
        ExceptionMatch("json.JSONDecodeError", message='a "very" \\d+ long pattern ' * 8,
                       attributes={"pos": 3, "msg": 'x"y', "flag": True}, stage="parse"),
    ])
    title = Code("title_", action='Ask "him".', severity=Severity.CRITICAL)
    NAME = Code("name_of_thing")
    OTHER = Code("other", spends_budget=False)

requests = Counter("reqs_total", 'Requests "quoted" – and \\ back\nsecond {line} ' + "long words go on " * 20 + "end.",
                   labels=[ugly, from_, self_, amount, class_, value])
jobs = Counter("jobs_total", "Jobs.", labels=[
    from_, p1, Label("context", values=["context"]), Label("outcome", values=["success", "failed", "cancelled"])])
job_errors = Counter("job_errors_total", "Failed jobs.", labels=[
    Failure.label, p2, Label("stage", max_values=5), Label("zone", values=["z1", "z2"])])
job_stages = Histogram("job_stage_seconds", "Stages.", labels=[p1, Label("stage", values=["s1", "s2"])])
job = Operation("metrics", 'Help "x".', requests=jobs, errors=job_errors, stages=job_stages,
                duration=Histogram("job_seconds", "Jobs.", labels=[p1]), failure="failed")
op2 = Operation("op2", requests=Counter("outside_total", "Not ours.", external=True))
op10 = Operation("op10", requests=Counter("open_total", "Open.", labels=[Label("status", max_values=4)]))
coded = Operation("coded", requests=Counter("coded_total", "x", labels=[Failure.label, ugly, class_, self_]))

spec = Spec("nasty", owner="x", title='Nasty "title" \\ {x}', error_codes=Failure, operations=[job, op2, op10, coded], metrics=[
    requests,
    Gauge("a_b", "x" * 200, labels=[p1]),
    Gauge("aB", "日本語のヘルプ " * 20, labels=[p2]),
    Gauge("Final", "α β × – °", labels=[p3, many], initialise="never"),
    Gauge("labels", "Labels.", labels=[p4, literal]),
    Gauge("job:x:rate", "Colons.", labels=[p4]),
    Counter("float", "No total."),
    Histogram("temp_celsius", "Temperature.", buckets=[1e-7, 0.25, 1e16, 1e22]),
    Histogram("long_" * 16 + "seconds", "Long.", buckets=[i / 10 for i in range(1, 60)]),
    Info("nothing_info", "No labels."),
    Counter("big_total", "Too many.", labels=[many, Label("more", values=[str(i) for i in range(200)])]),
])
'''

EMPTY = 'spec = Spec("empty", owner="x")'

SMALL = """
status = Label("status", values=["success", "error"])
spec = Spec("small", owner="x", metrics=[Counter("x_total", "X."), Gauge("g", "G.", initialise="never")],
            operations=[Operation("do", requests=Counter("y_total", "Y.", labels=[status]))])
"""

AWKWARD = """
own = Label("labels", values=["a"])
counted = Counter("c_total", "Counted.", labels=[own])
EVENTS = ["labels", "families", "package", "sanitiser", "flush", "register_consumer", "set_sampling_rate", "emitters",
          "consumer", "record", "scalar", "error_code", "metrics", "events", "final", "literal", "callable", "mapping",
          "annotations", "count", "class", "import", "print", "str", "float", "exception", "a.b", "self", "none", "bus"]
FIELDS = ["exception", "self", "metrics", "class", "name", "str", "float", "events"]
CHECKS = ["scrape", "board", "finding", "status", "reading", "server", "final", "health", "package", "labels", "check",
          "system", "float", "str", "print", "checks", "measured", "judged"]
spec = Spec("awkward", owner="o", logging=Logging("info"),
            events=[Event(name, "Any.", measurements=["amount"], metadata=[own, *FIELDS], error=True,
                          updates=[Count(counted, amount="amount")]) for name in EVENTS],
            health_checks=[HealthCheck(name, "Any.") for name in CHECKS])
"""
