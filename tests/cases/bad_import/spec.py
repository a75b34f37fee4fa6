from promspec import Counter, Histogramm, Spec

spec = Spec("shop", owner="web")
