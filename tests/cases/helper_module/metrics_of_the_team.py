"""Metrics that several specs share."""

from promspec import Counter, Label

requests = Counter("requests_total", "Finished requests.", labels=[Label("code", "The status.", values=["200"])])
