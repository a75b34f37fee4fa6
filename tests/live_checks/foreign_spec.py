"""The spec of the small foreign service: what its hand-written instrumentation promises."""

from __future__ import annotations

from promspec import Code, Counter, ErrorCodes, Gauge, Histogram, Label, Operation, Spec

provider = Label("provider", "Who delivers.", values=["truck", "bike"])
status = Label("status", "How it ended.", values=["success", "error"])


class Failure(ErrorCodes):
    """What can go wrong with an order."""

    TIMEOUT = Code("timeout", action="Look at the provider.", exceptions=["builtins.TimeoutError"])
    OTHER = Code("other", action="Read the log.")


orders = Counter("orders_total", "Finished orders.", labels=[provider, status])
errors = Counter("order_errors_total", "Failed orders.", labels=[provider, Failure.label])
seconds = Histogram("order_seconds", "Time of an order.", labels=[provider], buckets=[0.1, 1])
waiting = Gauge("orders_waiting", "Orders that wait.")
spec = Spec(
    "orders",
    owner="shop",
    error_codes=Failure,
    metrics=[waiting],
    operations=[Operation("order", requests=orders, errors=errors, duration=seconds)],
)
