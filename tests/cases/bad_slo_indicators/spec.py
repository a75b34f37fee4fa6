from promspec import SLO, Availability, Counter, Freshness, Gauge, Histogram, Holds, Label, Operation, Ratio, Spec

provider = Label("provider", "The engine.", values=["paddle", "tesseract"])
status = Label("status", "How it ended.", values=["success", "error"])
requests = Counter("ocr_requests_total", "OCR requests.", labels=[provider, status])
errors = Counter("ocr_errors_total", "Failed OCR requests.", labels=[provider])
others = Counter("mail_requests_total", "Mails.", labels=[provider, status])
ocr = Operation("ocr", requests=requests, errors=errors)
mail = Operation("mail", requests=others)
wait = Histogram("ocr_seconds", "How long.", labels=[provider], buckets=[0.5, 1])
load = Gauge("load", "How busy.", labels=[provider])
book = "https://example.com/runbooks/ocr"

spec = Spec(
    "ocr_service",
    owner="ml",
    operations=[ocr, mail],
    metrics=[wait, load],
    slos=[
        SLO("itself", Ratio(bad=requests, total=requests), objective=99, runbook=book),
        SLO("wider", Ratio(bad=requests.where(status="error"), total=requests.where(provider="paddle")), objective=99, runbook=book),
        SLO("other-provider", Ratio(bad=errors, total=requests.where(provider="paddle")), objective=99, runbook=book),
        SLO("of-another", Availability(requests=others, errors=errors), objective=99, runbook=book),
        SLO("good-wider", Ratio(good=wait.bucket.where(le=1), total=wait.count.where(provider="paddle")), objective=99, runbook=book),
        SLO(
            "in-words",
            Ratio(
                bad='sum(increase(ocr_requests_total{status=~"error|success"}[$window]))',
                total='sum(increase(ocr_requests_total{status="error"}[$window]))',
            ),
            objective=99,
            runbook=book,
        ),
        SLO(
            "grouped",
            Ratio(
                bad="sum(increase(ocr_errors_total[$window]))",
                total="sum by (provider) (increase(ocr_requests_total[$window]))",
            ),
            objective=99,
            group_by=[provider],
            runbook=book,
        ),
        SLO("since-the-start", Ratio(bad=errors, total="sum(ocr_requests_total) + sum(mail_requests_total)"), objective=99, runbook=book),
        SLO("misspelt", Ratio(bad="sum(increase(ocr_errors_total[$windw]))", total=requests), objective=99, runbook=book),
        SLO("grouped-twice", Ratio(bad=requests.where(status="error"), total=requests), group_by=["provider", "provider"], objective=99, runbook=book),
        SLO("grouped-by-tier", Ratio(bad=requests.where(status="error"), total=requests), group_by=["tier"], objective=99, runbook=book),
        SLO("grouped-and-set", Ratio(bad=requests.where(status="error"), total=requests), group_by=["provider"], labels={"provider": "all"}, objective=99, runbook=book),
        SLO("no-traffic", Ratio(bad=errors, total=requests), objective=99, traffic="0/s", runbook=book),
        SLO("of-a-sum", Ratio(bad=errors, total=f"sum(increase({errors}[$window])) + sum(increase({others}[$window]))"), objective=99, runbook=book),
        SLO("always-5m", Ratio(bad="sum(rate(ocr_errors_total[5m]))", total=requests), objective=99, runbook=book),
        SLO("vanishing", Holds("load < 5 and load > 1"), objective=99, runbook=book),
        SLO("unknown", Holds("laod < 5"), objective=99, runbook=book),
        SLO("counter", Freshness(requests, within="1h"), objective=99, runbook=book),
        SLO("no-limit", Freshness(load, within="0s"), objective=99, runbook=book),
        SLO("ungrouped", Holds(load), objective=99, group_by=["region"], runbook=book),
        SLO("right", Ratio(bad=requests.where(provider="paddle", status="error"), total=requests.where(provider=["paddle", "tesseract"])), objective=99, runbook=book),
    ],
)
