from promspec import SLO, Freshness, Gauge, Holds, Label, Spec

table = Label("table", "Which table.", values=["prices", "stock"])
runbook = "https://example.com/runbooks/tables"
loaded = Gauge("table_loaded_timestamp_seconds", "When the table was loaded last.", labels=[table])
ready = Gauge("replica_ready", "1 when the replica serves.", labels=[table])
lag = Gauge("replica_lag_seconds", "How far the replica is behind.", labels=[table])

spec = Spec(
    "tables",
    owner="data",
    metrics=[loaded, ready, lag],
    slos=[
        SLO("fresh", Freshness(loaded, within="1h"), objective=99, group_by=[table], runbook=runbook),
        SLO("newest", Freshness(f"max by (table) ({loaded})", within="1h30m"), objective=99, runbook=runbook),
        SLO("prices", Freshness(loaded.where(table="prices"), within="10m"), objective=99.5, runbook=runbook),
        SLO("ready", Holds(ready), objective=99.9, window="7d", runbook=runbook),
        SLO("near", Holds(f"{lag} < 30"), objective=99, runbook=runbook),
        SLO("both", Holds(f"({lag} < bool 30) * ({ready} == bool 1)"), objective=99, runbook=runbook),
    ],
)
