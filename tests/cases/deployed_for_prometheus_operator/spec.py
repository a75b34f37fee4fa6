from promspec import Alert, Deployment, Severity, Spec

spec = Spec(
    "shop",
    owner="web",
    alerts=[
        Alert("Down", "up == 0", severity=Severity.CRITICAL, summary="It is down.", runbook="https://example.com/down")
    ],
    deployment=Deployment("shop", rule_target="prometheus-operator", namespace="web", prometheus_version="3.4"),
)
