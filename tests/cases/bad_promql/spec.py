"""Queries that cannot work, written as plain strings."""

from functools import partial

from promspec import Alert as _Alert
from promspec import Counter, Gauge, Histogram, Label, RecordingRule, Runbook, Severity, Spec

provider = Label("provider", "The engine.", values=["paddle", "tesseract"])
requests = Counter("ocr_requests_total", "Finished requests.", labels=[provider])
duration = Histogram("ocr_duration_seconds", "How long.", labels=[provider], buckets=[0.5, 1, 2])
loaded = Gauge("ocr_models", "Loaded models.", labels=[provider])
runbook = Runbook("ocr", "OCR", summary="OCR fails.")
Alert = partial(_Alert, severity=Severity.WARNING, summary="It is bad.", runbook=runbook)

spec = Spec(
    "ocr",
    owner="ml",
    metrics=[requests, duration, loaded],
    recording_rules=[
        RecordingRule("ocr:requests:rate5m", "sum by (provider) (rate(ocr_requests_total[5m]))"),
        RecordingRule("ocr:broken:rate5m", "sum by (provider (rate(ocr_requests_total[5m]))"),
    ],
    alerts=[
        Alert("UnknownMetric", "rate(ocr_request_total[5m]) > 1"),
        Alert("UnknownLabel", 'rate(ocr_requests_total{engine="paddle"}[5m]) > 1'),
        Alert("UnknownValue", 'rate(ocr_requests_total{provider="padle"}[5m]) > 1'),
        Alert("NoSuchRegex", 'rate(ocr_requests_total{provider=~"deep.*"}[5m]) > 1'),
        Alert("GroupedAway", "sum by (stage) (rate(ocr_requests_total[5m])) > 1"),
        Alert("Recorded", 'ocr:requests:rate5m{instance="a"} > 1'),
        Alert("RateOfGauge", "rate(ocr_models[5m]) > 1"),
        Alert("BareHistogram", "ocr_duration_seconds > 1"),
        Alert("NoLe", "histogram_quantile(0.9, sum by (provider) (rate(ocr_duration_seconds_bucket[5m]))) > 1"),
        Alert("NoBucket", 'sum(rate(ocr_duration_seconds_bucket{le="3"}[5m])) > 1'),
        Alert("NoRange", "rate(ocr_requests_total) > 1"),
        Alert("NoFunction", "ratee(ocr_requests_total[5m]) > 1"),
        Alert("JustARange", "ocr_requests_total[5m]"),
        Alert("Unclosed", "sum(rate(ocr_requests_total[5m]) > 1"),
        Alert(
            "Several",
            f"""
            sum by (provider) (rate({requests}[5m]))
              /
            sum by (provider) (rate(ocr_requets_total[5m]))
              > 0.5
            """,
        ),
    ],
)
