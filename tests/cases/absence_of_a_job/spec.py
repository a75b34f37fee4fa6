from promspec import Counter, Deployment, Runbook, Spec

gone = Runbook("gone", "It is gone", summary="Nothing answers.")

spec = Spec(
    "shop",
    owner="web {{ team }}",
    title='The "Shop" {{ }}',
    metrics=[Counter("visits_total", "Visits.")],
    deployment=Deployment('shop "1" {{ }}', absence_runbook=gone, scrape_interval="30s", evaluation_interval="1m"),
)
