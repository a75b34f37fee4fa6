"""Names that are kept although a rule speaks against them, each with its reason."""

from promspec import Counter, Gauge, Label, RecordingRule, Spec

spec = Spec(
    "old",
    owner="web",
    metrics=[
        Gauge("latency_ms", "How slow.", allow={"metric/base-unit": "a partner reads this name"}),
        Counter("hits", "Hits.", allow={"metric/counter-suffix": "known since 2015", "metric/help": "nothing to add"}),
        Counter(
            "visits_total",
            "Visits.",
            labels=[Label("path", "Where.", max_values=20, allow={"label/sensitive": "twenty pages"})],
            allow={"metric/help": "nothing to add"},
        ),
    ],
    recording_rules=[RecordingRule("hit_rate", "sum(rate(hits[5m]))")],
    allow={"rule/name-levels": "people query these names"},
)
