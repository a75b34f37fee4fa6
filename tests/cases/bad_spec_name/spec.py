from promspec import Spec

spec = Spec("My Shop", owner="", metrics=None)
