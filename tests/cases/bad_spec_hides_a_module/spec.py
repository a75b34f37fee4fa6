from promspec import Counter, Spec

events = Counter("platform_events_total", "Events that the platform took.")
spec = Spec("platform", owner="platform-team", metrics=[events])
