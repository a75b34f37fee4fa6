"""`allow=` for what runs: accepted with its reason, on what it is written on and nowhere else, until its day."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from promspec.cli.app import app
from promspec.live_rules import NEVER, RULES
from tests.live_checks.servers import Reply, site

SPEC = """
from promspec import Code, Counter, Deployment, ErrorCodes, Label, Operation, RecordingRule, Spec, until

class Failure(ErrorCodes):
    OTHER = Code("other", action="Read the log.")

status = Label("status", "How it ended.", values=["success", "error"]{label})
orders = Counter("orders_total", "Finished orders.", labels=[status]{metric})
errors = Counter("order_errors_total", "Failed orders.", labels=[Failure.label])
order = Operation("order", requests=orders, errors=errors{operation})
rule = RecordingRule("job:orders:rate5m", f"sum by (job) (rate({{orders}}[5m]))", group="orders", interval="30s"{rule})
where = Deployment("shop", absence_alerts=False{deployment})
quiet = {{"rule/unused": "a test"}}
spec = Spec("shop", owner="web", error_codes=Failure, operations=[order], recording_rules=[rule], deployment=where,
            allow={{**quiet, {spec}}})
"""
PAGE = """\
# HELP orders_total Orders that ended.
# TYPE orders_total counter
orders_total{status="success"} 3
orders_total{status="error"} 0
orders_total{status="fialed"} 1
# HELP order_errors_total Failed orders.
# TYPE order_errors_total counter
order_errors_total{code="other"} 0
# HELP promspec_info Which spec.
"""
PLACES = ("label", "metric", "operation", "rule", "deployment", "spec")


def write(folder: Path, **allow: str) -> Path:
    """A spec in which each place named allows what is given as a dict's content."""
    texts = {place: f", allow={{{allow[place]}}}" if place in allow else "" for place in PLACES}
    path = folder / "shop.py"
    path.write_text(SPEC.format(**{**texts, "spec": allow.get("spec", "")}), encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments], catch_exceptions=False)


def verified(folder: Path, *options: str, **allow: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """The exit code, and what is said by ID."""
    page = folder / "metrics.prom"
    page.write_text(PAGE, encoding="utf-8")
    done = run("verify", write(folder, **allow), "--file", page, "--format", "json", *options)
    problems: dict[str, list[dict[str, Any]]] = {}
    for each in json.loads(done.stdout)["problems"]:
        problems.setdefault(each["id"], []).append(each)
    return done.exit_code, problems


def test_without_an_allowance_both_violations_fail(tmp_path: Path) -> None:
    code, found = verified(tmp_path)
    assert code == 1
    assert {id: [each["severity"] for each in rows] for id, rows in found.items()} == {
        "verify/help": ["error"],
        "verify/value": ["error"],
        "verify/heartbeat": ["warning"],
    }


@pytest.mark.parametrize("place", ["metric", "operation", "spec"])
def test_a_violation_is_allowed_where_it_is_promised_or_held(place: str, tmp_path: Path) -> None:
    code, found = verified(tmp_path, **{place: '"verify/help": "the vendor\'s text"'})
    (row,) = found["verify/help"]
    assert (row["severity"], row["allowed"]) == ("info", "the vendor's text")
    assert row["remedy"] == "allowed: the vendor's text"
    assert (code, found["verify/value"][0]["severity"]) == (1, "error")


def test_what_is_allowed_on_a_label_holds_for_the_label(tmp_path: Path) -> None:
    code, found = verified(tmp_path, label='"verify/value": "old clients"', metric='"verify/help": "known"')
    assert (code, found["verify/value"][0]["allowed"]) == (0, "old clients")
    assert "allow/unused" not in found
    strict = verified(tmp_path, "--strict", label='"verify/value": "old clients"', metric='"verify/help": "known"')
    assert strict[0] == 1
    assert [each["id"] for rows in strict[1].values() for each in rows if each["severity"] == "error"] == [
        "verify/heartbeat"
    ]


def test_an_allowance_that_nothing_needs_is_told_at_its_declaration(tmp_path: Path) -> None:
    code, found = verified(tmp_path, metric='"verify/type": "?"', label='"verify/help": "not of a label"')
    assert code == 1
    assert [(each["message"], each["line"]) for each in found["allow/unused"]] == [
        ("status allows verify/help, which it does not do", 7),
        ("orders_total allows verify/type, which it does not do", 8),
    ]
    assert {each["severity"] for each in found["allow/unused"]} == {"warning"}


@pytest.mark.parametrize(("day", "allowed"), [("2031-01-31", True), ("2031-01-30", False)])
def test_an_allowance_ends_with_its_day(
    day: str, allowed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1927584000")  # 2031-01-31
    _, found = verified(tmp_path, metric=f'"verify/help": until("{day}", "moves soon")')
    (row,) = found["verify/help"]
    assert row["severity"] == ("info" if allowed else "error")
    assert ("(it was allowed until 2031-01-30: moves soon)" in row["remedy"]) is not allowed
    assert "allow/unused" not in found


@pytest.mark.parametrize(
    ("allow", "id"),
    [
        ('"verify/hlep": "x"', "allow/unknown-id"),
        ('"verify/help": " "', "allow/no-reason"),
        *((f'"{each}": "x"', "allow/mandatory") for each in sorted(NEVER)),
    ],
)
def test_what_cannot_be_allowed_is_an_error_of_the_spec(allow: str, id: str, tmp_path: Path) -> None:
    done = run("check", write(tmp_path, metric=allow), "--format", "json")
    assert (done.exit_code, id in {each["id"] for each in json.loads(done.stdout)["problems"]}) == (1, True)


def test_check_leaves_it_to_verify_and_drift_what_is_unused_of_theirs(tmp_path: Path) -> None:
    given = ", ".join(f'"{id}": "x"' for id in RULES if id not in NEVER)
    done = run("check", write(tmp_path, metric=given, spec=given), "--format", "json")
    assert [each for each in json.loads(done.stdout)["problems"] if each["id"].startswith("allow/")] == []


def test_people_read_what_is_allowed_and_how_much_of_it(tmp_path: Path) -> None:
    (tmp_path / "metrics.prom").write_text(PAGE, encoding="utf-8")
    path = write(tmp_path, metric='"verify/help": "known"', label='"verify/value": "old clients"')
    done = run("verify", path, "--file", tmp_path / "metrics.prom")
    assert done.exit_code == 0
    assert "= allowed: old clients" in done.stdout
    assert "\n1 warning, 2 allowed: 4 samples in 1 scrape.\n" in done.stdout


def test_self_check_accepts_what_verify_does(tmp_path: Path) -> None:
    page = Reply(PAGE.encode(), type="text/plain; version=0.0.4")
    with site({"/": Reply(b"ok"), "/health": Reply(b"ok"), "/metrics": page}) as held:
        refused = run("self-check", write(tmp_path), "--base-url", held.url)
        path = write(tmp_path, metric='"verify/help": "known"', label='"verify/value": "old clients"')
        accepted = run("self-check", path, "--base-url", held.url)
    assert (refused.exit_code, accepted.exit_code) == (5, 0)
    assert "= allowed: old clients" in accepted.stdout


LOADED = {
    "name": "job:orders:rate5m",
    "type": "recording",
    "query": "sum by (job) (rate(orders_total[1m]))",
    "labels": {},
}


def drift(folder: Path, format: str = "json", **allow: str) -> Result:
    group = {"name": "orders", "interval": 30, "rules": [{**LOADED, "health": "ok"}]}
    targets = {"activeTargets": [{"labels": {"job": "shop", "instance": "a:1"}, "health": "down", "lastError": "no"}]}
    pages = {"/api/v1/rules": {"groups": [group]}, "/api/v1/targets": targets}
    replies = {
        path: Reply(json.dumps({"status": "success", "data": data}).encode(), type="application/json")
        for path, data in pages.items()
    }
    with site(dict(replies)) as held:
        return run("drift", write(folder, **allow), "--prometheus", held.url, "--retries", "0", "--format", format)


def test_drift_is_allowed_on_the_rule_and_on_the_deployment(tmp_path: Path) -> None:
    assert drift(tmp_path).exit_code == 1
    half = drift(tmp_path, rule='"drift/rule-differs": "tried out"')
    assert (half.exit_code, {each["id"]: each["severity"] for each in json.loads(half.stdout)["problems"]}) == (
        1,
        {"drift/rule-differs": "info", "drift/target-down": "error"},
    )
    both = drift(tmp_path, rule='"drift/rule-differs": "tried out"', deployment='"drift/target-down": "maintenance"')
    assert (both.exit_code, sorted(each["allowed"] for each in json.loads(both.stdout)["problems"])) == (
        0,
        ["maintenance", "tried out"],
    )


def test_tools_read_an_allowed_drift_as_suppressed(tmp_path: Path) -> None:
    log = json.loads(drift(tmp_path, "sarif", rule='"drift/rule-differs": "tried out"').stdout)
    results = {each["ruleId"]: each for each in log["runs"][0]["results"]}
    assert results["drift/rule-differs"]["suppressions"] == [{"kind": "inSource", "justification": "tried out"}]
    assert "suppressions" not in results["drift/target-down"]
