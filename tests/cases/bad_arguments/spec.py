"""Wrong arguments of every kind."""

from promspec import Alert, Counter, Deployment, Gauge, Histogram, Label, Severity, Spec

color = Label("color", "A colour.", values=["red"])

spec = Spec(
    "shop",
    owner="web",
    metrics=[
        Counter("a_total", "A.", lables=[color]),
        Counter("b_total"),
        Counter("c_total", "C.", [color]),
        Counter("d total", ""),
        Counter("e_total", "E.", labels="color"),
        Counter("f_total", "F.", labels=[color, color]),
        Gauge("Error budget remaining", "A panel was meant."),
        Histogram("g_seconds", "G.", buckets=[]),
        Histogram("h_seconds", "H.", buckets=[1, 0.5, 2]),
        Histogram("i_seconds", "I.", buckets=[float("nan")]),
    ],
    alerts=[
        Alert("Not A Name", "up == 0", severity="urgent"),
        Alert("Down", "up == 0", severity=Severity.CRITICAL, summary="Down.", for_="5 minutes"),
        Alert("Empty", "", severity=Severity.CRITICAL, summary="Down."),
    ],
    deployment=Deployment("shop", targets=["http://localhost:8000/metrics"], prometheus_version="latest", port=0),
)
