from promspec import (
    Alert,
    Counter,
    Deployment,
    Email,
    PagerDuty,
    Receiver,
    Route,
    Routing,
    Runbook,
    Severity,
    Slack,
    Smtp,
    Spec,
    Webhook,
)

requests = Counter("requests_total", "Finished requests.")
runbook = Runbook("quiet", "It is quiet", summary="No request arrives.")
slack = Slack("#alerts", api_url_file="/etc/alertmanager/secrets/slack")
everybody = Receiver(
    "everybody",
    [slack, PagerDuty(routing_key_file="/etc/alertmanager/secrets/pagerduty"), Email("oncall@example.com")],
)

spec = Spec(
    "shop",
    owner="web",
    metrics=[requests],
    alerts=[
        Alert(
            f"Quiet{severity.title()}",
            f"sum(rate({requests}[5m])) < {number}",
            severity=severity,
            summary="It is quiet.",
            component="frontend",
            runbook=runbook,
        )
        for number, severity in enumerate(Severity, start=1)
    ],
    routing=Routing(
        Receiver("nobody"),
        [
            Route(
                Receiver("hook", [Webhook("http://localhost:9099/")]), labels={"component": "frontend"}, continue_=True
            ),
            Route(everybody, severity=Severity.CRITICAL, repeat_interval="1h", group_wait="10s"),
            Route(Receiver("chat", [slack]), severity=Severity.WARNING),
            Route(Receiver("team", [slack]), team="web"),
        ],
        smtp=Smtp(
            "localhost:25", sender="alerts@example.com", username="alerts", password_file="/etc/alertmanager/smtp"
        ),
    ),
    deployment=Deployment(
        "shop",
        targets=["shop-1:8000", "shop-2:8000"],
        runbook_base_url="https://runbooks.example.com/",
        dashboard_base_url="https://grafana.example.com",
        external_labels={"cluster": "eu-1"},
        image="example/shop:1",
    ),
)
