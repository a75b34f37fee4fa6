"""Where a spec sends an alert, decided from its declarations alone."""

from __future__ import annotations

from collections.abc import Mapping

from promspec import Routing


def receivers(routing: Routing, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Where the spec sends an alert: to the first route that matches, and on from those with `continue_`."""
    found: list[str] = []
    for route in routing.routes:
        wanted = dict(route.labels)
        if route.severity is not None:
            wanted["severity"] = route.severity.value
        if route.team is not None:
            wanted["team"] = route.team
        if all(labels.get(name) == value for name, value in wanted.items()):
            found.append(route.receiver.name)
            if not route.continue_:
                break
    return tuple(found) or (routing.default.name,)
