from promspec import Code, Counter, ErrorCodes, Operation, Spec


class Status(ErrorCodes):
    UNKNOWN = Code("unknown", action="Read the log.", exceptions=["builtins.Exception"])
    DEADLINE = Code("deadline_exceeded", action="Look at the bank.", exceptions=["builtins.TimeoutError"])


calls = Counter("calls_total", "Calls.")
failed = Counter("failed_calls_total", "Calls that failed.", labels=[Status.label])
spec = Spec("pay", owner="pay", error_codes=Status, operations=[Operation("call", requests=calls, errors=failed)])
