"""A spec of several files: what is shared stands in a module beside it."""

from metrics_of_the_team import requests

from promspec import Spec

spec = Spec("shop", owner="web", metrics=[requests])
