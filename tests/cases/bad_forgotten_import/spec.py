from promspec import Spec

spec = Spec("shop", owner="web", metrics=[Counter("a_total", "A.")])
