"""Problems in the formats that other tools read: SARIF 2.1.0 and JUnit XML."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from promspec.problems import Level, Place, Problem
from promspec.version import VERSION

_SARIF = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sarif(problems: Sequence[Problem]) -> str:
    """The problems as a SARIF log. Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html"""
    ids = list(dict.fromkeys(problem.id for problem in problems))
    driver = {"name": "promspec", "version": VERSION, "rules": [_rule(id) for id in ids]}
    results = [_result(problem, ids.index(problem.id)) for problem in problems]
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _rule(id: str) -> dict[str, object]:
    """A rule with its page, which viewers show beside the finding."""
    from promspec.cli.explaining import page_of

    found = page_of(id)
    if found is None:
        return {"id": id}
    summary, text = found
    return {"id": id, "shortDescription": {"text": summary}, "help": {"text": text, "markdown": text}}


def _result(problem: Problem, index: int) -> dict[str, object]:
    place = problem.place
    location: dict[str, object] = {"artifactLocation": {"uri": _uri(place.file)}}
    if place.line:
        region = {"startLine": place.line}
        if place.column:
            region |= {"startColumn": place.column, "endColumn": place.column + max(1, place.length)}
        location["region"] = region
    return {
        "ruleId": problem.id,
        "ruleIndex": index,
        "level": _SARIF[problem.level],
        "message": {"text": _text(problem)},
        "locations": [{"physicalLocation": location}],
        **({"suppressions": [_suppression(problem)]} if problem.allowed else {}),
        **({"relatedLocations": [_related(place)]} if place.related is not None else {}),
        "properties": {"kind": problem.kind, "name": problem.subject},
    }


def _suppression(problem: Problem) -> dict[str, str]:
    return {"kind": "inSource", "justification": problem.allowed}


def _related(place: Place) -> dict[str, object]:
    assert place.related is not None
    region = {"startLine": max(1, place.related.line)}
    location = {"artifactLocation": {"uri": _uri(place.related.file)}, "region": region}
    return {"physicalLocation": location, "message": {"text": place.relation.rstrip(",")}}


def _uri(file: str) -> str:
    from urllib.parse import quote

    return quote(file.replace("\\", "/"), safe="/:")


def _text(problem: Problem) -> str:
    return f"{problem.summary}: {problem.remedy}" if problem.remedy else problem.summary


def junit(problems: Sequence[Problem], files: Sequence[str] = ()) -> str:
    """The problems as JUnit XML: a test case for each finding, and one for each file without any. Notes do not fail."""
    found = {problem.place.file for problem in problems}
    failures = sum(problem.level is not Level.INFO for problem in problems)
    clean = [file for file in files if file not in found]
    total = len(problems) + len(clean)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="promspec" tests="{total}" failures="{failures}">')
    lines.append(f'  <testsuite name="promspec" tests="{total}" failures="{failures}" errors="0">')
    lines += [f"    <testcase classname={_attribute(file)} name={_attribute('lint')}/>" for file in clean]
    for problem in problems:
        lines += _case(problem)
    return "\n".join([*lines, "  </testsuite>", "</testsuites>"]) + "\n"


def _case(problem: Problem) -> list[str]:
    name = f"{problem.id} {problem.kind} {problem.subject}".strip()
    head = f"    <testcase classname={_attribute(problem.place.file)} name={_attribute(name)}"
    text = _xml(f"{problem.place}{problem.place.aside}: {problem.level}: {_text(problem)} [{problem.id}]")
    if problem.level is Level.INFO:
        return [f"{head}>", f"      <system-out>{text}</system-out>", "    </testcase>"]
    failure = (
        f"      <failure type={_attribute(str(problem.level))} message={_attribute(problem.summary)}>{text}</failure>"
    )
    return [f"{head}>", failure, "    </testcase>"]


def _xml(text: str) -> str:
    return escape(_NOT_XML.sub("�", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("�", text))
