from promspec import Spec

spec = Spec("empty", owner="web")
