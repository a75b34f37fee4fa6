from promspec import Spec

first = Spec("shop", owner="web")
second = Spec("till", owner="web")
