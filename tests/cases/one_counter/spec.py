from promspec import Counter, Spec

spec = Spec("shop", owner="web", metrics=[Counter("requests_total", "Finished requests.")])
