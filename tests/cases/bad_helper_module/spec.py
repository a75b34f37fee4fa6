"""A mistake in a module beside the spec is shown there."""

from metrics_of_the_team import requests
from promspec import Spec

spec = Spec("shop", owner="web", metrics=[requests])
