from promspec import Spec


def owner() -> str:
    return {"team": "web"}["owner"]


spec = Spec("shop", owner=owner())
