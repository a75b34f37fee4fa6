import a_package_that_is_not_there
from promspec import Spec

spec = Spec("shop", owner="web")
