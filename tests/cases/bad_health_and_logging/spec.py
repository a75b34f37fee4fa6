"""Health checks and a logging declaration that cannot be."""

from promspec import Health, HealthCheck, Logging, Spec

spec = Spec(
    "pool",
    owner="web",
    health_checks=[
        HealthCheck("Worker Availability"),
        HealthCheck("class"),
        HealthCheck("report"),
        HealthCheck("rate", warning=0.5, failing=0.1),
        HealthCheck("workers", warning=1, failing=2, worse="below"),
        HealthCheck("queue", warning=float("nan")),
        HealthCheck("slow", timeout="0s"),
        HealthCheck("probe", probes=["alive"]),
        HealthCheck("load", failing=100, probes=["live"]),
        HealthCheck("twice"),
        HealthCheck("twice"),
    ],
    health=Health(cache="soon", disabled=["all"]),
    logging=Logging("loud", sensitive=["_"], max_length=5),
)
