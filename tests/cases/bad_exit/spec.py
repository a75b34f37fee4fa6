import sys

from promspec import Spec

sys.exit(0)
spec = Spec("shop", owner="web")
