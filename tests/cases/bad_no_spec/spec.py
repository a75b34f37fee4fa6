from promspec import Counter

requests = Counter("requests_total", "Finished requests.")
