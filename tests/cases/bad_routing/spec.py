from promspec import Email, Receiver, Route, Routing, Severity, Slack, Spec

team = Receiver("team", [Slack("#team", api_url_file="/etc/alertmanager/slack"), Email("team@example.com")])

spec = Spec("shop", owner="web", routing=Routing(team, [Route(team), Route(Receiver("team"), severity=Severity.INFO)]))
