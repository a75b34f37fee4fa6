"""Python keywords and builtins as label names, values that need quoting."""

from promspec import Alert, Counter, Label, Severity, Spec

klass = Label("class", "A class.", values=["first", "second"])
origin = Label("from", "Where from.", values=['a "quoted" value', "back\\slash", "new\nline", "ünïcode", "a.b|c"])
self_ = Label("self", "Itself.", values=["x"])
trips = Counter("trips_total", "Finished trips.", labels=[klass, origin, self_])

spec = Spec(
    "trips",
    owner="travel",
    metrics=[trips],
    alerts=[
        Alert(
            f"Trips{number}",
            f"rate({trips.where(**{'from': value})}[5m]) > 1",
            severity=Severity.INFO,
            summary="Many trips.",
            runbook="https://example.com/trips",
        )
        for number, value in enumerate(origin.known_values)
    ]
    + [
        Alert(
            "TripsOfTwo",
            f"rate({trips.where(**{'from': ['ünïcode', 'a.b|c'], 'class': 'first'})}[5m]) > 1",
            severity=Severity.INFO,
            summary="Many trips of two.",
            runbook="https://example.com/trips",
        )
    ],
)
