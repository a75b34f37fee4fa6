"""Labels of one name with different values, and an operation without an outcome."""

from promspec import Code, Counter, ErrorCodes, ExceptionMatch, Histogram, Label, Operation, Spec


class Failure(ErrorCodes, label_name="reason", fallback="OTHER"):
    PARSE = Code("parse", action="Mend the file.", exceptions=[ExceptionMatch("builtins.ValueError", message="pars")])
    INPUT = Code("input", action="None.", exceptions=["builtins.ValueError"], spends_budget=False)
    LOAD = Code("load", action="Load it.", exceptions=[ExceptionMatch("builtins.OSError", stage="load")])
    OTHER = Code("other", action="Read the log.")


stage = Label("stage", "Where.", values=["load", "infer"])
read_status = Label("status", "How it ended.", values=["success", "error", "cache_hit"])
write_status = Label("status", "How it ended.", values=["done", "failed"])
reads = Counter("reads_total", "Finished reads.", labels=[read_status])
read_errors = Counter("read_errors_total", "Failed reads.", labels=[Failure.label, stage])
read_stages = Histogram("read_stage_duration_seconds", "Time of a stage.", labels=[stage], buckets=[0.1, 1])
writes = Counter("writes_total", "Finished writes.", labels=[write_status])
pings = Counter("pings_total", "Finished pings.")
ping_duration = Histogram("ping_duration_seconds", "Time of a ping.")

spec = Spec(
    "store",
    owner="storage",
    error_codes=Failure,
    operations=[
        Operation("read", requests=reads, errors=read_errors, stages=read_stages),
        Operation("write", requests=writes, success="done", failure="failed"),
        Operation("ping", requests=pings, duration=ping_duration),
    ],
)
