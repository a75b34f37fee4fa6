"""Operators on rules and on the form of their files: labels, templates, duplicates, durations, fields, YAML."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator

from tests.lint_corpus.planting import Json, document, rules, text

Rule = Json
_LABEL = re.compile(r"(\$labels\.\w+?)(\w)( *[|}])")


def _alerts(good: Json) -> Iterator[Rule]:
    return (rule for rule in rules(good) if "alert" in rule)


def _each(good: Json, wanted: str, change: Callable[[Rule], object]) -> Iterator[tuple[str, Json]]:
    """A copy of the document for each alert or record that the change does not refuse with False."""
    for index, rule in enumerate(rules(good)):
        bad = copy.deepcopy(good)
        if wanted in rule and change(rules(bad)[index]) is not False:
            yield rule[wanted], bad


def _annotated(good: Json, change: Callable[[str], str]) -> Iterator[tuple[str, Json]]:
    def edit(rule: Rule) -> bool:
        before = rule["annotations"].get("description", "")
        rule["annotations"]["description"] = change(before)
        return bool(before != rule["annotations"]["description"])

    yield from _each(good, "alert", edit)


@document("alert/duplicate", "an alert twice", "groups")
def _twice(good: Json) -> Iterator[tuple[str, Json]]:
    for at, rule in enumerate(good["groups"][-1]["rules"]):
        bad = copy.deepcopy(good)
        bad["groups"][-1]["rules"].insert(at, copy.deepcopy(rule))
        if "alert" in rule:
            yield rule["alert"], bad


@document("alert/no-for", "no for", "groups")
def _no_for(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _each(good, "alert", lambda rule: rule.pop("for", False))


@document("alert/no-severity", "no severity", "groups")
def _no_severity(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _each(good, "alert", lambda rule: rule["labels"].pop("severity"))


@document("alert/no-summary", "no annotations", "groups")
def _no_summary(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _each(good, "alert", lambda rule: rule.pop("annotations"))


@document("template/unknown-label", "a letter of $labels.x left out", "groups")
def _label(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _annotated(good, lambda text: _LABEL.sub(r"\1\3", text, count=1))


@document("template/unknown-label", "a label that by() dropped", "groups")
def _dropped(good: Json) -> Iterator[tuple[str, Json]]:
    def edit(rule: Rule) -> bool:
        found = re.search(r"^sum by \((\w+)\)", rule["expr"])
        if found is None or found[1] == "pod":
            return False
        rule["annotations"]["description"] = f"{{{{ $labels.{found[1]} }}}} on {{{{ $labels.pod }}}}."
        return True

    yield from _each(good, "alert", edit)


@document("template/syntax", "a template not closed", "groups")
def _open(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _annotated(good, lambda text: text.replace("}}", "}", 1))


@document("template/syntax", "a function misspelt", "groups")
def _function(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _annotated(good, lambda text: text.replace("| humanize", "| humanise", 1))


@document("template/wrong-unit", "a percentage as a ratio", "groups")
def _ratio(good: Json) -> Iterator[tuple[str, Json]]:
    def edit(rule: Rule) -> bool:
        if "* 100 " not in rule["expr"] or rule["expr"].count("/") != 1 or "rate(" not in rule["expr"]:
            return False
        rule["annotations"]["description"] = "{{ $value | humanizePercentage }} of them."
        return True

    yield from _each(good, "alert", edit)


@document("template/wrong-unit", "a ratio as a duration", "groups")
def _duration(good: Json) -> Iterator[tuple[str, Json]]:
    def edit(rule: Rule) -> bool:
        text = rule["annotations"].get("description", "")
        rule["annotations"]["description"] = text.replace("humanizePercentage", "humanizeDuration")
        names = set(re.findall(r"rate\((\w+)", rule["expr"]))
        return "humanizePercentage" in text and len(names) == 1

    yield from _each(good, "alert", edit)


@document("template/wrong-unit", "a duration as a ratio", "groups")
def _percentage(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _annotated(good, lambda text: text.replace("humanizeDuration", "humanizePercentage"))


@document("rule/duplicate", "a rule twice, with another expression", "groups")
def _record_twice(good: Json) -> Iterator[tuple[str, Json]]:
    for rule in rules(good):
        if "record" in rule:
            bad = copy.deepcopy(good)
            bad["groups"].append({"name": "again", "rules": [{**rule, "expr": f"{rule['expr'].strip()} + 0"}]})
            yield rule["record"], bad


@document("rule/cycle", "two rules that read each other", "groups")
def _cycle(good: Json) -> Iterator[tuple[str, Json]]:
    for index, rule in enumerate(rules(good)):
        if "record" in rule:
            bad = copy.deepcopy(good)
            rules(bad)[index]["expr"] = "max(job:first:max)"
            bad["groups"].append({"name": "second", "rules": [{"record": "job:first:max", "expr": rule["record"]}]})
            yield rule["record"], bad


@document("rule/unused", "a rule that nothing reads", "groups")
def _unused(good: Json) -> Iterator[tuple[str, Json]]:
    bad = copy.deepcopy(good)
    bad["groups"].append({"name": "more", "rules": [{"record": "job:up:min", "expr": "min by (job) (up)"}]})
    yield "job:up:min", bad


@document("rule/duplicate-group", "two groups of one name", "groups")
def _group(good: Json) -> Iterator[tuple[str, Json]]:
    bad = copy.deepcopy(good)
    bad["groups"].append({"name": good["groups"][0]["name"], "rules": []})
    yield good["groups"][0]["name"], bad


@document("rule/duration", "a duration in words", "groups")
def _words(good: Json) -> Iterator[tuple[str, Json]]:
    def edit(rule: Rule) -> bool:
        rule["for"] = str(rule.get("for", "5m")).replace("m", " minutes").replace("h", " hours")
        return True

    yield from _each(good, "alert", edit)


@document("rule/duration", "a duration with a fraction", "groups")
def _fraction(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _each(good, "alert", lambda rule: rule.update({"for": "1.5h"}))


@document("rule/name", "a hyphen in a recorded name", "groups")
def _hyphen(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _each(good, "record", lambda rule: rule.update({"record": rule["record"].replace("_", "-")}))


@document("rule/name", "a hyphen in a label", "groups")
def _hyphen_label(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _each(good, "alert", lambda rule: rule["labels"].update({"on-call": "infra"}))


@document("file/field", "two letters of a field swapped", "groups")
def _field(good: Json) -> Iterator[tuple[str, Json]]:
    def edit(rule: Rule) -> None:
        rule["anotations"] = rule.pop("annotations")

    yield from _each(good, "alert", edit)


@document("file/field", "no expr", "groups")
def _no_expr(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _each(good, "alert", lambda rule: rule.pop("expr"))


@document("file/field", "for on a recording rule", "groups")
def _for_record(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _each(good, "record", lambda rule: rule.update({"for": "5m"}))


@document("file/field", "labels as a list", "groups")
def _list(good: Json) -> Iterator[tuple[str, Json]]:
    yield from _each(good, "alert", lambda rule: rule.update({"labels": ["severity=page"]}))


def _once(pattern: str, replacement: str) -> Callable[[str], Iterator[str]]:
    def edit(good: str) -> Iterator[str]:
        bad = re.sub(pattern, replacement, good, count=1, flags=re.M)
        if bad != good:
            yield bad

    return edit


text("file/duplicate-key", "a key twice", "groups")(_once(r"^( +)for: (.*)$", r"\1for: \2\n\1for: 1h"))
text("file/yaml", "a tab as indentation", "groups")(_once(r"^  (- alert: .*)$", r"\t\1"))
text("file/yaml", "a quote not closed", "groups")(_once(r"^( +)severity: (\w+)$", r'\1severity: "\2'))
text("file/second-document", "a second document", "groups")(
    lambda good: iter([f"{good}---\ngroups:\n- name: more\n  rules:\n  - record: a:b:c\n    expr: up\n"])
)
text("file/encoding", "a byte that is not UTF-8", "groups")(lambda good: iter([good + "# caf\udce9\n"]))
text("file/unknown-kind", "groups misspelt", "groups")(lambda good: iter([good.replace("groups:", "grups:", 1)]))
