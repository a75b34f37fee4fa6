from promspec import Counter, Histogram, Label, RecordingRule, Spec

provider = Label("provider", "The engine.", values=["paddle", "tesseract"])
requests = Counter("ocr_requests_total", "Finished requests.", labels=[provider])
duration = Histogram("ocr_duration_seconds", "Time to answer.", labels=[provider], buckets=[0.5, 1])
by_provider = RecordingRule(
    "job_provider:ocr_requests:rate5m", f"sum by (job, provider) (rate({requests}[5m]))", group="ocr"
)
by_job = RecordingRule("job:ocr_requests:rate5m", f"sum by (job) ({by_provider})", group="ocr")
share = RecordingRule(
    "job_provider:ocr_requests:ratio",
    f"""
        {by_provider}
          / on (job) group_left ()
        ({by_job} > 0)
    """,
    group="ocr",
)
p95 = RecordingRule(
    "job:ocr_duration_seconds:p95",
    f"histogram_quantile(0.95, sum by (job, le) (rate({duration.bucket}[5m])))",
    group="ocr-slow",
    interval="1m",
)

spec = Spec("ocr", owner="ml", recording_rules=[by_provider, by_job, share, p95], metrics=[requests, duration])
