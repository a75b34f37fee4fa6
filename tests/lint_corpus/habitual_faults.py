"""Operators for what people write by habit: shares, buckets, globs, ages, references, and fields of Alertmanager."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator

from promspec.promql import Binary, Call, Selector, unwrap, walk
from tests.lint_corpus.planting import Json, Site, document, expression, rules

_NUMBER = re.compile(r"(>=?|<=?) ([\d.]+)$")


def _with(site: Site, start: int, end: int, text: str) -> str:
    return site.text[:start] + text + site.text[end:]


def _named(site: Site, *kinds: str) -> Selector | None:
    """The first selector of series of these kinds."""
    for node in walk(site.tree):
        series = site.series(node.name) if isinstance(node, Selector) else None
        if isinstance(node, Selector) and series is not None and series.kind in kinds:
            return node
    return None


def _rate(site: Site) -> Call | None:
    """The first rate of a selector."""
    for node in walk(site.tree):
        if isinstance(node, Call) and node.func == "rate" and isinstance(unwrap(node.args[0]), Selector):
            return node
    return None


@expression("promql/divided-by-itself", "the failures divided by the failures", "alert", "record", "panel")
def _itself(site: Site) -> str | None:
    for node in walk(site.tree):
        if isinstance(node, Binary) and node.op == "/" and node.matching is None and _rate(site) is not None:
            return _with(site, node.rhs.start, node.rhs.end, site.text[node.lhs.start : node.lhs.end])
    return None


@expression("promql/window-mismatch", "another window above the line", "alert", "record")
def _window(site: Site) -> str | None:
    for node in walk(site.tree):
        if not isinstance(node, Binary) or node.op != "/":
            continue
        sides = [re.findall(r"rate\((\w+)[^\[]*\[(\w+)\]", site.text[s.start : s.end]) for s in (node.lhs, node.rhs)]
        if all(len(side) == 1 for side in sides):
            names = [re.sub(r"_(sum|count|bucket)$", "", side[0][0]) for side in sides]
            above, below = site.text[node.lhs.start : node.lhs.end], site.text[node.rhs.start : node.rhs.end]
            if names[0] == names[1] and above != below:
                return _with(site, node.lhs.start, node.lhs.end, above.replace(f"[{sides[0][0][1]}]", "[37m]"))
    return None


@expression("promql/percent-of-share", "a percentage of a share of a limit", "alert")
def _percentage(site: Site) -> str | None:
    top, found = unwrap(site.tree), _NUMBER.search(site.text)
    quotient = unwrap(top.lhs) if isinstance(top, Binary) else None
    of_limit = re.search(r"/[^/]*(?:limit|max|maximum|capacity)\w*", site.text)
    if isinstance(quotient, Binary) and quotient.op == "/" and of_limit and found and 0 < float(found[2]) < 1:
        return f"{site.text[: found.start()]}{found[1]} {float(found[2]) * 100:g}"
    return None


@expression("promql/buckets-summed", "all buckets instead of the count", "alert", "record", "panel")
def _buckets(site: Site) -> str | None:
    changed = re.sub(r"(sum(?: by \([^)]*\))? ?\(rate\(\w+)_count\b", r"\1_bucket", site.text, count=1)
    return changed if changed != site.text and "le" not in re.findall(r"\w+", site.text) else None


@expression("promql/mixed-units", "a resource that is not chosen", "alert", "record", "panel")
def _resource(site: Site) -> str | None:
    without = re.sub(r'resource="\w+",?\s*', "", site.text)
    return without if re.search(r"sum\b[^/]*kube_pod_container_resource", without) else None


@expression("promql/count-of-bool", "bool within count()", "alert", "panel")
def _bool(site: Site) -> str | None:
    for node in walk(site.tree):
        top = isinstance(node, Binary) and node.op in ("==", ">", "<") and not node.return_bool
        if isinstance(node, Binary) and top and node is unwrap(site.tree) and node.matching is None:
            comparison = _with(site, node.op_end, node.op_end, " bool")
            return f"count({comparison}) > 1"
    return None


@expression("promql/glob", "a glob", "alert", "record", "panel")
def _glob(site: Site) -> str | None:
    return re.sub(r'=~"([45])(?:\.\.|\.\*|\.\+|\[[^"]*)"', r'=~"\1*"', site.text, count=1)


@expression("promql/regex-as-text", "a regular expression behind =", "alert", "record", "panel")
def _text(site: Site) -> str | None:
    return re.sub(r'=~"(\d\.\.|[^"]*\.[*+][^"]*)"', r'="\1"', site.text, count=1)


@expression("promql/future-offset", "a look ahead", "alert", "record")
def _ahead(site: Site) -> str | None:
    node = _named(site, "gauge")
    plain = node is not None and node.offset is None and node.at is None
    return _with(site, node.end, node.end, " offset -5m") if node is not None and plain else None


@expression("promql/fixed-time", "one moment for ever", "alert", "record")
def _moment(site: Site) -> str | None:
    node = _named(site, "gauge")
    plain = node is not None and node.offset is None and node.at is None
    return _with(site, node.end, node.end, " @ 1700000000") if node is not None and plain else None


@expression("promql/long-step", "a step beyond the range", "alert")
def _step(site: Site) -> str | None:
    call = _rate(site)
    if call is None or not isinstance(unwrap(call.args[0]), Selector):
        return None
    return _with(site, call.start, call.end, f"max_over_time({site.text[call.start : call.end]}[5m:10m])")


@expression("promql/time-threshold", "an age without time()", "alert")
def _age(site: Site) -> str | None:
    return re.sub(r"time\(\) ?- ?", "", site.text, count=1) if re.search(r"_time\w*|expiry", site.text) else None


def _each_alert(good: Json, change: dict[str, str]) -> Iterator[tuple[str, Json]]:
    """A copy for each alert, with labels of these values."""
    for index, rule in enumerate(rules(good)):
        if "alert" in rule:
            bad = copy.deepcopy(good)
            rules(bad)[index].setdefault("labels", {}).update(change)
            yield rule["alert"], bad


@document("alert/odd-severity", "a severity misspelt", "groups")
def _severity(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _each_alert(good, {"severity": "critcal"})


@document("alert/label-overwritten", "a label that hides the target", "groups")
def _hidden(good: Json) -> Iterator[tuple[str, Json]]:
    for name, bad in _each_alert(good, {"instance": "all"}):
        rule = next(rule for rule in rules(bad) if rule.get("alert") == name)
        if not re.search(r"\b(sum|count|avg|max|min|absent|vector|by|on|group)\b", rule["expr"]):
            yield name, bad


def _each_panel(good: Json, change: Json) -> Iterator[tuple[str, Json]]:
    for index, panel in enumerate(good["panels"]):
        if panel["type"] != "row":
            bad = copy.deepcopy(good)
            bad["panels"][index].update(copy.deepcopy(change))
            yield panel["title"], bad


@document("panel/unknown-ref", "an expression over a query that is not there", "panels")
def _reference(good: Json) -> Iterator[tuple[str, Json]]:
    math = {"refId": "Y", "datasource": {"type": "__expr__", "uid": "__expr__"}, "type": "math", "expression": "$Z / 2"}
    for index, panel in enumerate(good["panels"]):
        if panel["type"] != "row":
            bad = copy.deepcopy(good)
            bad["panels"][index]["targets"].append(math)
            yield panel["title"], bad


@document("panel/multi-value", "a variable that became one of several values", "panels")
def _several(good: Json) -> Iterator[tuple[str, Json]]:
    for index, variable in enumerate(good["templating"]["list"]):
        bad = copy.deepcopy(good)
        bad["templating"]["list"][index]["multi"] = True
        if variable["type"] == "query" and not variable.get("multi") and f'="${variable["name"]}"' in str(good):
            yield variable["name"], bad
    for index, panel in enumerate(good["panels"]):
        before = panel["targets"][0]["expr"] if panel.get("targets") else ""
        after = re.sub(r'=~"(\$\w+)"', r'="\1"', before, count=1)
        if after != before:
            bad = copy.deepcopy(good)
            bad["panels"][index]["targets"][0]["expr"] = after
            yield panel["title"], bad


@document("panel/legend-braces", "a label in single braces", "panels")
def _braces(good: Json) -> Iterator[tuple[str, Json]]:
    for index, panel in enumerate(good["panels"]):
        before = panel["targets"][0].get("legendFormat", "") if panel.get("targets") else ""
        after = re.sub(r"\{\{ *(\w+) *\}\}", r"{\1}", before, count=1)
        if after != before:
            bad = copy.deepcopy(good)
            bad["panels"][index]["targets"][0]["legendFormat"] = after
            yield panel["title"], bad


@document("dashboard/variable-cycle", "a variable that asks for itself", "panels")
def _cycle(good: Json) -> Iterator[tuple[str, Json]]:
    for index, variable in enumerate(good["templating"]["list"]):
        query = variable["query"]["query"] if variable["type"] == "query" and "query" in variable["query"] else ""
        after = re.sub(r"\((\w+)(?:\{[^}]*\})?, ", rf'(\1{{job=~"${variable["name"]}"}}, ', query)
        if after != query:
            bad = copy.deepcopy(good)
            bad["templating"]["list"][index]["query"]["query"] = after
            yield variable["name"], bad


@document("alertmanager/field", "a field that there is not, a duration that is none", "route")
def _field(good: Json) -> Iterator[tuple[str, Json]]:
    yield "route", {**good, "route": {**good["route"], "groupby": ["job"]}}
    yield "duration", {**good, "route": {**good["route"], "group_wait": "30 seconds"}}
    yield "receiver", {**good, "receivers": [{**each, "slack_config": []} for each in good["receivers"]]}


@document("interval/unused", "an interval that no route names", "route")
def _interval(good: Json) -> Iterator[tuple[str, Json]]:
    for name in ("evenings", "weekends", "holidays"):
        intervals = [*good.get("time_intervals", ()), {"name": name, "time_intervals": [{"months": ["may"]}]}]
        yield name, {**good, "time_intervals": intervals}


@document("inhibition/equal-missing", "a label that the source lacks", "route")
def _equal(good: Json) -> Iterator[tuple[str, Json]]:
    for label in ("queue", "shard", "handler"):
        rule = {"source_matchers": ["alertname = AlertmanagerFailedReload"], "target_matchers": ["severity = warning"]}
        yield label, {**good, "inhibit_rules": [*good["inhibit_rules"], {**rule, "equal": [label]}]}


@document("route/unknown-value", "a value of a label misspelt", "route")
def _value(good: Json) -> Iterator[tuple[str, Json]]:
    for wrong in ("observabilty", "obsevability", "observabiliti"):
        route = {"receiver": good["route"]["receiver"], "matchers": [f'team = "{wrong}"']}
        yield wrong, {**good, "route": {**good["route"], "routes": [route, *good["route"]["routes"]]}}
