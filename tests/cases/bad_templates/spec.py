"""Annotations and legends that show what the expression dropped."""

from promspec import Alert, Counter, Dashboard, Label, Row, Runbook, Severity, Spec, TimeSeries

provider = Label("provider", "The engine.", values=["paddle", "tesseract"])
requests = Counter("ocr_requests_total", "Finished requests.", labels=[provider])
runbook = Runbook("ocr", "OCR", summary="OCR fails.")

spec = Spec(
    "ocr",
    owner="ml",
    metrics=[requests],
    alerts=[
        Alert(
            "Dropped",
            "sum(rate(ocr_requests_total[5m])) > 1",
            severity=Severity.INFO,
            summary="{{ $labels.provider }} is busy.",
            description="{{ $labels.provider }} on {{ .Labels.instance }}",
            runbook=runbook,
        ),
        Alert(
            "Unclosed",
            "sum by (provider) (rate(ocr_requests_total[5m])) > 1",
            severity=Severity.INFO,
            summary="It is busy",
            description="{{ $labels.provider is busy",
            runbook=runbook,
        ),
        Alert(
            "Whose",
            "sum by (provider) (rate(ocr_requests_total[5m])) > 1",
            severity=Severity.INFO,
            summary="It is busy.",
            team="web {{ or mail",
            component="{{ $labels.instance }}",
            runbook="https://example.com/{{runbook}}",
        ),
        Alert(
            "NoFunction",
            "sum by (provider) (rate(ocr_requests_total[5m])) > 1",
            severity=Severity.INFO,
            summary="It is busy.",
            description="{{ $value | humanise }} and {{ if $value }}more",
            runbook=runbook,
        ),
    ],
    dashboards=[
        Dashboard(
            "Board",
            [
                Row(
                    "Row",
                    [
                        TimeSeries(
                            "Requests",
                            "Requests per second.",
                            {"{{provider}} {{instance}}": "sum by (provider) (rate(ocr_requests_total[5m]))"},
                            unit="reqps",
                        )
                    ],
                )
            ],
        )
    ],
)
