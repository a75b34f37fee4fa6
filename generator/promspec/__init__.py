"""promspec: one typed spec in; instrumentation, rules, dashboards and tests out.

A spec imports its words from here::

    from promspec import Counter, Label, Spec

    requests = Counter("http_requests_total", "Finished requests.", labels=[Label("code", values=["200", "500"])])
    spec = Spec("shop", owner="web-team", metrics=[requests])
"""

from promspec.version import VERSION
from promspec.vocabulary.alerts import Alert, Scenario
from promspec.vocabulary.allowances import until
from promspec.vocabulary.dashboards import Dashboard, Row
from promspec.vocabulary.deployment import Deployment
from promspec.vocabulary.error_codes import Code, ErrorCodes, ExceptionMatch
from promspec.vocabulary.events import Add, Count, Event, Observe, SetTo
from promspec.vocabulary.health import Health, HealthCheck
from promspec.vocabulary.labels import Label
from promspec.vocabulary.logging import Logging
from promspec.vocabulary.metrics import Counter, Gauge, Histogram, Info
from promspec.vocabulary.operations import Operation
from promspec.vocabulary.panels import (
    BarGauge,
    GaugePanel,
    Heatmap,
    Query,
    Stat,
    StateTimeline,
    Table,
    Text,
    TimeSeries,
)
from promspec.vocabulary.routing import Email, PagerDuty, Receiver, Route, Routing, Slack, Smtp, Webhook
from promspec.vocabulary.rules import RecordingRule
from promspec.vocabulary.runbooks import Escalation, Runbook, Stage
from promspec.vocabulary.selectors import matches, not_, not_matches
from promspec.vocabulary.severity import Severity
from promspec.vocabulary.slis import Availability, Freshness, Holds, Latency, Ratio
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.spec import Spec
from promspec.vocabulary.tiers import PAGE_FAST, PAGE_SLOW, STANDARD_TIERS, TICKET_FAST, TICKET_SLOW, Tier

__version__ = VERSION

__all__ = [
    "PAGE_FAST",
    "PAGE_SLOW",
    "SLO",
    "STANDARD_TIERS",
    "TICKET_FAST",
    "TICKET_SLOW",
    "Add",
    "Alert",
    "Availability",
    "BarGauge",
    "Code",
    "Count",
    "Counter",
    "Dashboard",
    "Deployment",
    "Email",
    "ErrorCodes",
    "Escalation",
    "Event",
    "ExceptionMatch",
    "Freshness",
    "Gauge",
    "GaugePanel",
    "Health",
    "HealthCheck",
    "Heatmap",
    "Histogram",
    "Holds",
    "Info",
    "Label",
    "Latency",
    "Logging",
    "Observe",
    "Operation",
    "PagerDuty",
    "Query",
    "Ratio",
    "Receiver",
    "RecordingRule",
    "Route",
    "Routing",
    "Row",
    "Runbook",
    "Scenario",
    "SetTo",
    "Severity",
    "Slack",
    "Smtp",
    "Spec",
    "Stage",
    "Stat",
    "StateTimeline",
    "Table",
    "Text",
    "Tier",
    "TimeSeries",
    "Webhook",
    "matches",
    "not_",
    "not_matches",
    "until",
]
