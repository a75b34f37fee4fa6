from promspec import Code, Counter, ErrorCodes, ExceptionMatch, Label, Operation, Spec


class ErrorCode(ErrorCodes):
    PROVIDER_TIMEOUT = Code("PROVIDER_TIMEOUT", action="Wait.", exceptions=["TimeoutError"])
    SLOW = Code("slow", action="Wait.", exceptions=["builtins.TimeoutError"])
    SLOWER = Code("slower", exceptions=["builtins.TimeoutError"])
    PARSE = Code("parse", action="Mend.", exceptions=[ExceptionMatch("builtins.ValueError", message="pars(")])
    LOAD = Code("load", action="Load.", exceptions=[ExceptionMatch("builtins.OSError", stage="loading")])


class Doubled(ErrorCodes):
    ONE = Code("same", action="Wait.")
    TWO = Code("same", action="Wait.")


stage = Label("stage", "Where.", values=["load", "infer"])
result = Label("status", "How it ended.", values=["ok", "failed"])
shape = Label("shape", "A shape.", values=["round"])
requests = Counter("requests_total", "Finished requests.", labels=[result])
errors = Counter("errors_total", "Failed requests.", labels=[ErrorCode.label, stage, shape])

spec = Spec(
    "shop",
    owner="web",
    error_codes=ErrorCode,
    operations=[Operation("work", requests=requests, errors=errors), Operation("metrics", requests=requests)],
)
