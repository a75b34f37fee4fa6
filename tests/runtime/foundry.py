"""A spec unlike ours: several domains, rates and limits below one, many checks, no logging, codes of every kind."""

from __future__ import annotations

FOUNDRY = r'''
site = Label("site", "Where.", values=["north", "south"])
mould = Label("mould", "Which mould.", max_values=3)
customer = Label("customer", "Who.", max_values=3)
step = Label("stage", "Where in the casting.", values=["melt", "pour", "cool"])
status = Label("status", "How it ended.", values=["done", "failed", "refused", "cancelled"])


class Fault(ErrorCodes, label_name="fault", fallback="UNKNOWN"):
    """What goes wrong in a foundry."""

    TOO_SLOW = Code("too_slow", action="Wait.", exceptions=["builtins.TimeoutError"])
    REFUSED = Code("refused", action="Call.", exceptions=["builtins.ConnectionRefusedError"])
    NETWORK = Code("network", action="Look.", exceptions=["builtins.ConnectionError"])
    DISK_FULL = Code(
        "disk_full",
        action="Delete.",
        exceptions=[ExceptionMatch("builtins.OSError", attributes={"errno": 28})],
    )
    THROTTLED = Code(
        "throttled",
        action="Slow down.",
        exceptions=[ExceptionMatch("builtins.Exception", attributes={"response.status_code": 429})],
    )
    BAD_MOULD = Code(
        "bad_mould",
        action="Look.",
        exceptions=[ExceptionMatch("builtins.ValueError", message=r"(?i)\bmould\b")],
    )
    BAD_POUR = Code(
        "bad_pour", action="Look.", exceptions=[ExceptionMatch("builtins.ValueError", stage="pour")]
    )
    BAD_INPUT = Code("bad_input", action="None.", exceptions=["builtins.ValueError"], spends_budget=False)
    BROKEN_XML = Code("broken_xml", action="None.", exceptions=["xml.parsers.expat.ExpatError"])
    SQL = Code("sql", action="None.", exceptions=["sqlite3.OperationalError", "sqlite3.dbapi2.DatabaseError"])
    NEVER = Code("never", action="None.", exceptions=["no.such.module.Error", "xml.dom.pulldom.ErrorHandler"])
    UNKNOWN = Code("unknown", action="Read the log.")


castings = Counter("castings_total", "Castings.", labels=[site, status])
faults = Counter("casting_faults_total", "Faults.", labels=[site, Fault.label, step])
seconds = Histogram("casting_seconds", "Time.", labels=[site], buckets=[0.1, 1, 10])
steps = Histogram("casting_step_seconds", "Time.", labels=[step], buckets=[0.1, 1, 10])
casting = Operation(
    "casting",
    requests=castings,
    errors=faults,
    duration=seconds,
    stages=steps,
    success="done",
    failure="failed",
    rejected="refused",
)

orders = Counter("orders_total", "Orders.", labels=[customer, mould])
heat = Gauge("furnace_heat_celsius", "How hot.", labels=[site])
bytes_read = Histogram("drawing_bytes", "Sizes.", labels=[], buckets=[1000, 1e6])

spec = Spec(
    "foundry",
    owner="smiths",
    error_codes=Fault,
    operations=[casting],
    metrics=[Info("furnace_info", "The furnace.", labels=[Label("model", "m", max_values=3)])],
    events=[
        Event(
            "order.placed",
            "An order.",
            metadata=[customer, mould, "address"],
            sampling=0.25,
            sensitive=["address"],
            updates=[Count(orders)],
        ),
        Event(
            "order.paid",
            "Paid.",
            measurements=["amount"],
            metadata=["card"],
            rate_limit=0.5,
            sensitive=["card"],
        ),
        Event(
            "furnace.hot",
            "Hot.",
            measurements={"heat": ""},
            metadata=[site],
            rate_limit=2,
            updates=[SetTo(heat, "heat")],
        ),
        Event("furnace.exploded", "Gone.", metadata=[site, "why"], error=True, rate_limit=1),
        Event(
            "drawing.read",
            "Read.",
            measurements=["size_kb"],
            metadata=["name"],
            sampling=0,
            updates=[Observe(bytes_read, "size_kb")],
        ),
        Event("tick", "Nothing."),
    ],
    health_checks=[
        *[
            HealthCheck(f"furnace_{n}", f"Furnace {n}.", warning=900, failing=1200, timeout="5s")
            for n in range(8)
        ],
        HealthCheck("database", "Answers.", probes=["ready", "startup"], timeout="5s"),
        HealthCheck("alive", "Lives.", probes=["live"], timeout="5s"),
        HealthCheck("shown", "Only shown.", warning=1, worse="below", probes=[], timeout="5s"),
    ],
    health=Health(cache="100ms", disabled=["startup"]),
)
'''
