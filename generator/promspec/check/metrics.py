"""Rules on the names of metrics: suffixes, units, words. Sources: promlint, the naming guide, OpenMetrics 1.0."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promspec.check.rules import Complaint, View, rule
from promspec.problems import Level
from promspec.quantities import BASE_UNITS, NON_BASE_UNITS
from promspec.vocabulary.metrics import Metric

_KINDS = ("counter", "gauge", "histogram", "summary", "info", "untyped")
_PREFIXES = ("milli", "micro", "nano", "centi", "deci", "kilo", "mega", "giga", "tera", "kibi", "mebi", "gibi", "tebi")
_RESERVED = ("_bucket", "_count", "_sum", "_created")


def _words(metric: Metric) -> list[str]:
    return metric.name.split("_")


@rule("metric/counter-suffix", Level.ERROR)
def counter_suffix(view: View) -> Iterator[Complaint]:
    """The name of a counter ends in `_total`."""
    for metric in view.metrics:
        if metric.kind == "counter" and not metric.name.endswith("_total"):
            better = re.sub(r"_(count|counter|sum)$", "", metric.name) + "_total"
            yield metric, f"the counter {metric.name} does not end in _total", f"name it {better}"


@rule("metric/total-suffix", Level.ERROR)
def total_suffix(view: View) -> Iterator[Complaint]:
    """Only a counter's name ends in `_total`."""
    for metric in view.metrics:
        if metric.kind != "counter" and metric.name.endswith("_total"):
            better = metric.name.removesuffix("_total")
            yield metric, f"the {metric.kind} {metric.name} ends in _total like a counter", f"name it {better}"


@rule("metric/info-suffix", Level.ERROR)
def info_suffix(view: View) -> Iterator[Complaint]:
    """The name of an info metric ends in `_info`, and no other does."""
    for metric in view.metrics:
        if metric.kind == "info" and not metric.name.endswith("_info"):
            yield metric, f"the info metric {metric.name} does not end in _info", f"name it {metric.name}_info"
        elif metric.kind != "info" and metric.name.endswith("_info"):
            yield (
                metric,
                f"the {metric.kind} {metric.name} ends in _info",
                "declare it as Info, or take the suffix away",
            )


@rule("metric/reserved-suffix", Level.ERROR)
def reserved_suffix(view: View) -> Iterator[Complaint]:
    """No name ends in a suffix that the exposition adds: `_bucket`, `_count`, `_sum`, `_created`."""
    for metric in view.metrics:
        for suffix in _RESERVED:
            if metric.name.endswith(suffix):
                better = metric.name.removesuffix(suffix) + ("_total" if metric.kind == "counter" else "")
                text = f"{metric.name} ends in {suffix}, which the exposition keeps for histograms and counters"
                yield metric, text, f"name it {better or 'otherwise'}"


@rule("metric/base-unit", Level.ERROR)
def base_unit(view: View) -> Iterator[Complaint]:
    """A name carries its unit as a whole base unit: seconds, bytes, ratio."""
    for metric in view.metrics:
        for word in _words(metric):
            base = NON_BASE_UNITS.get(word) or _prefixed(word)
            if base is not None:
                better = metric.name.replace(word, base)
                yield metric, f"{metric.name} is in {word}, not in {base}", f"measure in {base} and name it {better}"
                break


def _prefixed(word: str) -> str | None:
    for prefix in _PREFIXES:
        rest = word.removeprefix(prefix)
        if rest != word and rest in BASE_UNITS:
            return rest
    return None


@rule("metric/unit-suffix", Level.ERROR)
def unit_suffix(view: View) -> Iterator[Complaint]:
    """A declared unit is the last word of the name (before `_total` or `_info`)."""
    for metric in view.metrics:
        bare = re.sub(r"_(total|info)$", "", metric.name)
        if metric.unit and bare != metric.unit and not bare.endswith(f"_{metric.unit}"):
            tail = metric.name[len(bare) :]
            better = f"name it {bare}_{metric.unit}{tail}, or leave the unit out"
            yield metric, f"{metric.name} has the unit {metric.unit}, but its name does not end in it", better


@rule("metric/unit-position", Level.WARNING)
def unit_position(view: View) -> Iterator[Complaint]:
    """A base unit in a name stands at its end."""
    for metric in view.metrics:
        bare = re.sub(r"_(total|info)$", "", metric.name).split("_")
        early = [word for word in bare[:-1] if word in BASE_UNITS and word not in ("ratio", "meters")]
        if early and bare[-1] not in BASE_UNITS and "per" not in bare and bare[-1] != "timestamp":
            tail = metric.name[len("_".join(bare)) :]
            moved = "_".join([word for word in bare if word != early[0]] + [early[0]]) + tail
            yield metric, f"{metric.name} has its unit {early[0]} in the middle", f"name it {moved}"


@rule("metric/timestamp-suffix", Level.WARNING)
def timestamp_suffix(view: View) -> Iterator[Complaint]:
    """A point in time is a gauge in seconds since 1970 whose name ends in `_timestamp_seconds`."""
    for metric in view.metrics:
        if re.search(r"_(timestamp|time_unix|unixtime)$", metric.name):
            better = re.sub(r"_(timestamp|time_unix|unixtime)$", "_timestamp_seconds", metric.name)
            yield metric, f"{metric.name} is a time without its unit", f"name it {better}"


@rule("metric/type-in-name", Level.WARNING)
def type_in_name(view: View) -> Iterator[Complaint]:
    """A name does not say the type of the metric."""
    for metric in view.metrics:
        found = next((word for word in _words(metric)[1:] if word in _KINDS[:4]), None)
        if found is not None and not metric.name.endswith("_info"):
            better = metric.name.replace(f"_{found}", "")
            yield metric, f"{metric.name} has the type {found} in its name", f"name it {better}"


@rule("metric/colon", Level.ERROR)
def colon(view: View) -> Iterator[Complaint]:
    """A colon in a name is for recording rules."""
    for metric in view.metrics:
        if ":" in metric.name:
            better = metric.name.replace(":", "_")
            yield metric, f"{metric.name} has a colon, which recording rules are known by", f"name it {better}"


@rule("metric/camel-case", Level.ERROR)
def camel_case(view: View) -> Iterator[Complaint]:
    """Names are in snake_case."""
    for metric in view.metrics:
        if re.search(r"[A-Z]", metric.name):
            better = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", metric.name).lower()
            yield metric, f"{metric.name} is not in snake_case", f"name it {better}"


@rule("metric/leading-underscore", Level.ERROR)
def leading_underscore(view: View) -> Iterator[Complaint]:
    """No name begins with an underscore."""
    for metric in view.metrics:
        if metric.name.startswith("_"):
            yield (
                metric,
                f"{metric.name} begins with an underscore",
                f"name it {metric.name.lstrip('_') or 'otherwise'}",
            )


@rule("metric/label-in-name", Level.WARNING)
def label_in_name(view: View) -> Iterator[Complaint]:
    """A name does not repeat by which label it is divided."""
    for metric in view.metrics:
        found = next((name for name in metric.label_names if f"_by_{name}" in metric.name), None)
        if found is not None:
            better = metric.name.replace(f"_by_{found}", "")
            yield metric, f"{metric.name} names its label {found}", f"name it {better}: queries say by ({found})"


@rule("metric/help", Level.WARNING)
def help_text(view: View) -> Iterator[Complaint]:
    """A help text says more than the name, on one line."""
    for metric in view.metrics:
        if "\n" in metric.help.strip():
            yield metric, f"the help of {metric.name} has several lines", "write one sentence"
        elif re.sub(r"\W|_", "", metric.help).lower() in (re.sub("_", "", metric.name), "todo", "help", "tbd"):
            yield metric, f"the help of {metric.name} says nothing", "say what is counted or measured, and when"
