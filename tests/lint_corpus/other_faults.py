"""Operators on dashboards and on Alertmanager configurations."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator

from tests.lint_corpus.planting import Json, document, text

Panel = Json


def _panels(good: Json, change: Callable[[Panel], object]) -> Iterator[tuple[str, Json]]:
    """A copy of the dashboard for each panel that the change does not refuse with False."""
    for index, panel in enumerate(good["panels"]):
        bad = copy.deepcopy(good)
        if panel["type"] != "row" and change(bad["panels"][index]) is not False:
            yield panel["title"], bad


def _targets(good: Json, pattern: str, replacement: str, field: str = "expr") -> Iterator[tuple[str, Json]]:
    def edit(panel: Panel) -> bool:
        before = panel["targets"][0][field]
        panel["targets"][0][field] = re.sub(pattern, replacement, before, count=1)
        return bool(panel["targets"][0][field] != before)

    yield from _panels(good, edit)


@document("dashboard/undeclared-variable", "a variable misspelt", "panels")
def _variable(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _targets(good, r"\$([a-z]+)([a-z])\b", r"$\1x")


@document("dashboard/unused-variable", "a variable that nothing uses", "panels")
def _unused(good: Json) -> Iterator[tuple[str, Json]]:
    bad = copy.deepcopy(good)
    variable = {"name": "zone", "type": "custom", "query": "a,b"}
    bad["templating"]["list"].append(variable)
    yield "zone", bad


@document("dashboard/unknown-label", "a variable of a label that is not there", "panels")
def _label(good: Json) -> Iterator[tuple[str, Json]]:
    for index, variable in enumerate(good["templating"]["list"]):
        if variable["type"] == "query" and "label_values" in variable["query"]["query"]:
            bad = copy.deepcopy(good)
            query = re.sub(r"\w(\w+)\)$", r"\1)", variable["query"]["query"])
            bad["templating"]["list"][index]["query"]["query"] = query
            yield variable["name"], bad


@document("dashboard/duplicate-uid", "a second dashboard of its uid", "panels", file="second.json")
def _uid(good: Json) -> Iterator[tuple[str, Json]]:
    yield good["uid"], {**good, "title": f"{good['title']} of tomorrow", "panels": good["panels"][:2]}


@document("panel/duplicate-id", "two panels of one id", "panels")
def _id(good: Json) -> Iterator[tuple[str, Json]]:
    first = next(panel["id"] for panel in good["panels"] if panel["type"] != "row")
    yield from _panels(good, lambda panel: panel["id"] != first and panel.update({"id": first}) is None)


@document("panel/overlap", "a panel above another", "panels")
def _overlap(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _panels(good, lambda panel: panel["gridPos"].update({"w": 24, "x": 0}))


@document("panel/no-query", "a panel without a query", "panels")
def _no_query(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _panels(good, lambda panel: panel.update({"targets": []}))


@document("panel/unknown-unit", "a unit that Grafana does not know", "panels")
def _unit(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _panels(good, lambda panel: panel["fieldConfig"]["defaults"].update({"unit": "seconds"}))


@document("panel/rate-interval", "a fixed range in a chart", "panels")
def _range(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _targets(good, r"\$__rate_interval", "5m")


@document("panel/unknown-legend-label", "a label of the legend misspelt", "panels")
def _legend(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _targets(good, r"\{\{(\w+)\w\}\}", r"{{\1}}", "legendFormat")


@document("promql/unknown-label", "a filter by a label that is not there", "panels")
def _filter(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _targets(good, r"(\w+)\w(=~?\"\$)", r"\1\2")


def _comma(good: str) -> Iterator[str]:
    yield re.sub(r"\}\s*\]", "}, ]", good, count=1)


text("file/json", "a comma too many", "panels")(_comma)
text("file/json", "a quote left out", "panels")(lambda good: iter([good.replace('"title"', '"title', 1)]))


def _routes(good: Json) -> list[Json]:
    found = [good["route"]]
    for route in found:
        found += route.get("routes", ())
    return found


def _each_route(good: Json, change: Callable[[Json], object]) -> Iterator[tuple[str, Json]]:
    for index, route in enumerate(_routes(good)):
        bad = copy.deepcopy(good)
        if change(_routes(bad)[index]) is not False:
            yield route["receiver"], bad


def _receivers(good: Json, change: Callable[[list[Json], int], object]) -> Iterator[tuple[str, Json]]:
    for index, receiver in enumerate(good["receivers"]):
        bad = copy.deepcopy(good)
        change(bad["receivers"], index)
        yield receiver["name"], bad


def _matchers(good: Json, pattern: str, replacement: str) -> Iterator[tuple[str, Json]]:
    """A copy for each matcher of routes and inhibitions that the pattern changes."""
    places = [*_routes(good), *good["inhibit_rules"]]
    for index, place in enumerate(places):
        for key in ("matchers", "source_matchers", "target_matchers"):
            for at, matcher in enumerate(place.get(key, ())):
                bad = copy.deepcopy(good)
                other = [*_routes(bad), *bad["inhibit_rules"]][index][key]
                other[at] = re.sub(pattern, replacement, matcher, count=1)
                if other[at] != matcher:
                    yield matcher, bad


@document("route/unknown-receiver", "a route's receiver misspelt", "route")
def _receiver(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _each_route(good, lambda route: route.update({"receiver": route["receiver"][:-1]}))


@document("route/no-receiver", "no receiver at the root, or matchers", "route")
def _root(good: Json) -> Iterator[tuple[str, Json]]:
    for change in ({"receiver": None}, {"matchers": ["job = shop"]}, {"match": {"job": "shop"}}):
        yield str(change), {**good, "route": {**good["route"], **change}}


@document("route/unreachable", "a route before it that takes everything", "route")
def _shadow(good: Json) -> Iterator[tuple[str, Json]]:
    for at in range(len(good["route"]["routes"])):
        bad = copy.deepcopy(good)
        bad["route"]["routes"].insert(at, {"receiver": "default"})
        yield str(at), bad


@document("route/unknown-interval", "an interval that is not declared", "route")
def _interval(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _each_route(
        good, lambda route: "routes" not in route and route.update({"mute_time_intervals": ["night"]}) is None
    )


@document("route/matcher", "an operator that there is not", "route")
def _operator(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _matchers(good, r" *=~? *", " == ")


@document("route/unknown-severity", "a severity that no alert has", "route")
def _severity(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _matchers(good, r"(severity =~? *\"?)\w+(\|info)?", r"\1disaster")


@document("inhibition/unknown-alert", "an alert that is not there", "route")
def _alert(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _matchers(good, r"alertname = (\w+)", r"alertname = \1s")
    for index, inhibition in enumerate(good["inhibit_rules"]):
        for key in ("source_match", "target_match_re"):
            bad = copy.deepcopy(good)
            if key in inhibition:
                bad["inhibit_rules"][index][key]["alertname"] = "AlertmanagerGone"
                yield key, bad


@document("inhibition/no-equal", "an inhibition without equal", "route")
def _no_equal(good: Json) -> Iterator[tuple[str, Json]]:
    for index, inhibition in enumerate(good["inhibit_rules"]):
        bad = copy.deepcopy(good)
        bad["inhibit_rules"][index].pop("equal")
        yield str(index), bad
        yield f"{index}, empty", {**bad, "inhibit_rules": [{**inhibition, "equal": []}]}


@document("route/group-by", "two letters of a label in group_by swapped", "route")
def _group_by(good: Json) -> Iterator[tuple[str, Json]]:
    for label in ("alertnmae", "instnace", "severiyt"):
        yield label, {**good, "route": {**good["route"], "group_by": ["alertname", label]}}


@document("receiver/duplicate", "two receivers of one name", "route")
def _twice(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _receivers(good, lambda receivers, at: receivers.append(receivers[at]))


@document("receiver/unused", "a receiver that no route reaches", "route")
def _spare(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _receivers(good, lambda receivers, at: receivers.insert(at, {"name": f"spare-{at}"}))
