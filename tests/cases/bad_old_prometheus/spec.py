from promspec import Alert, Deployment, Receiver, Routing, Runbook, Severity, Spec

runbook = Runbook("down", "It is down", summary="It is down.")

spec = Spec(
    "shop",
    owner="web",
    alerts=[
        Alert(
            "Down",
            "up == 0",
            keep_firing_for="5m",
            severity=Severity.CRITICAL,
            summary="It is down.",
            runbook=runbook,
        )
    ],
    routing=Routing(Receiver("nobody")),
    deployment=Deployment("shop", prometheus_version="2.37"),
)
