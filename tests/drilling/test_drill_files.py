"""Drill files: what is wrong with one is said with its place, before anything is started."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promspec import SLO, Counter, Deployment, Ratio, Spec
from promspec.cli.app import app
from promspec.drilling import DrillError, Drills, Incident
from promspec.drilling.expecting import expected
from promspec.drilling.loading import check, chosen, load
from promspec.drilling.rules import rules_of
from spec.cad_ml_platform import spec
from tests.conftest import ROOT

RULES = rules_of(spec)
FILE = """
from promspec.drilling import Drills, Incident

drills = Drills(service=["x"], incidents=[Incident(name="outage", alert="ProviderDown", begin=print)])
"""


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "shop.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_drill_file_gives_its_drills(written: Callable[[str], Path]) -> None:
    drills = load(written(FILE))
    assert ([each.name for each in drills.incidents], drills.speed, drills.ready) == (["outage"], 30, None)
    check(drills, RULES)


def test_it_can_import_what_stands_beside_it(written: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "beside_the_drills.py").write_text("NAME = 'flood'\n", encoding="utf-8")
    text = FILE.replace('name="outage"', "name=NAME").replace("\ndrills", "from beside_the_drills import NAME\ndrills")
    assert load(written(text)).incidents[0].name == "flood"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n", "has 0 Drills: write one, such as drills = Drills("),
        (FILE + "more = Drills(service=['y'], incidents=[])\n", "has 2 Drills"),
        ("x = 1\ny = nothing\n", "shop.py:2: NameError: name 'nothing' is not defined"),
        ("x = (\n", "shop.py:1: SyntaxError: '(' was never closed"),
        (FILE.replace("alert=", "alart="), "shop.py:4: Incident has no alart: did you mean alert?"),
        (FILE.replace("service=", "qqq="), "shop.py:4: Drills has no qqq: there are service, incidents, "),
        (FILE.replace('name="outage", ', ""), "shop.py:4: TypeError: Incident.__init__() missing 1 required"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_with_its_line(written: Callable[[str], Path], text: str, said: str) -> None:
    with pytest.raises(DrillError) as raised:
        load(written(text))
    assert said in str(raised.value)


def test_the_line_is_told_of_a_file_that_is_named_from_here(
    written: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written("x = 1\ny = nothing\n")
    monkeypatch.chdir(path.parent.parent)
    with pytest.raises(DrillError) as raised:
        load(Path(path.parent.name, "shop.py"))
    assert str(raised.value) == f"{path.parent.name}/shop.py:2: NameError: name 'nothing' is not defined"


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DrillError, match="is not there: write a drill file, or name yours with --drills"):
        load(tmp_path / "shop.py")


def _nothing(service: object) -> None:
    """Leave the service as it is."""


GOOD = Incident(name="outage", alert="ProviderDown", begin=_nothing)
DRILLS = Drills(service=["x"], incidents=[GOOD])


@pytest.mark.parametrize(
    ("drills", "said"),
    [
        (replace(DRILLS, events={"ocr-availabilty": 1}), "no SLO 'ocr-availabilty': did you mean ocr-availability?"),
        (replace(DRILLS, service=[]), "service is empty: write what starts it"),
        (replace(DRILLS, speed=0), "a speed of 0: write 1 for the clock of the wall"),
        (replace(DRILLS, incidents=[]), "there are no incidents"),
        (replace(DRILLS, warm_up="soon"), "warm_up: 'soon' is not a duration"),
        (replace(DRILLS, incidents=[GOOD, GOOD]), "the incident outage: there are two of that name"),
        (replace(DRILLS, incidents=[replace(GOOD, name="../x")]), "write lower case words, such as provider-outage"),
        (replace(DRILLS, incidents=[replace(GOOD, failing=2)]), "2 is not above 0 and at most 1"),
        (replace(DRILLS, incidents=[replace(GOOD, before="long")]), "before: 'long' is not a duration"),
        (
            replace(DRILLS, incidents=[replace(GOOD, alert=None, silences=["ProviderDown"])]),
            "name the alert, or leave out silences",
        ),
    ],
)
def test_each_thing_that_is_wrong_is_said_with_what_to_write(drills: Drills, said: str) -> None:
    with pytest.raises(DrillError) as raised:
        check(drills, RULES)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("service", "python shop.py", "service is 'python shop.py': write a list of words, such as"),
        ("service", [1], "service is [1]: write a list of words, such as"),
        ("incidents", GOOD, "incidents is Incident: write a list of Incident(…)"),
        ("incidents", [GOOD, "outage"], "incidents is list: write a list of Incident(…)"),
        ("env", {"PORT": 80}, "env is {'PORT': 80}: write texts by their names"),
        ("ready", "health", "ready is 'health': write a path, such as"),
        ("traffic", None, "traffic is None: write a function of a URL"),
        ("events", {"ocr-availability": "20"}, "write events a second by the names of SLOs"),
        ("events", {"ocr-availability": 0}, "write events a second by the names of SLOs"),
        ("events", {"ocr-availability": float("nan")}, "write events a second by the names of SLOs"),
        ("speed", 1.5, "speed is 1.5: write a whole number, such as 30"),
        ("warm_up", 5, "warm_up is 5: write a duration, such as"),
    ],
)
def test_a_field_of_another_kind_is_said_with_what_to_write(field: str, value: object, said: str) -> None:
    with pytest.raises(DrillError) as raised:
        check(replace(DRILLS, **{field: value}), RULES)  # type: ignore[arg-type]
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", None, "the incident None: name is None: write lower case words"),
        (
            "alert",
            ["ProviderDown"],
            "the incident outage: alert is ['ProviderDown']: write the name of an alert, or None",
        ),
        ("begin", None, "begin is None: write a function of the service"),
        ("end", "stop", "end is 'stop': write a function of the service"),
        ("says", 1, "says is 1: write a sentence"),
        ("labels", ["provider"], "labels is ['provider']: write texts by the names of labels"),
        ("failing", "0.5", "failing is '0.5': write a share of events, such as 0.5"),
        ("failing", True, "failing is True: write a share of events, such as 0.5"),
        ("before", 2, 'before is 2: write a duration, such as "2h"'),
        ("silences", "ProviderDown", "silences is 'ProviderDown': write a list of names of alerts"),
        ("watch", None, 'watch is None: write a duration, such as "15m"'),
    ],
)
def test_a_field_of_an_incident_of_another_kind_is_said(field: str, value: object, said: str) -> None:
    with pytest.raises(DrillError) as raised:
        check(replace(DRILLS, incidents=[replace(GOOD, **{field: value})]), RULES)  # type: ignore[arg-type]
    assert said in str(raised.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(DrillError) as raised:
        check(replace(DRILLS, service=[], speed=0), RULES)
    assert len(str(raised.value).splitlines()) == 2


def test_incidents_are_chosen_by_name_in_the_order_of_the_file() -> None:
    drills = replace(DRILLS, incidents=[GOOD, replace(GOOD, name="flood"), replace(GOOD, name="fire")])
    assert [each.name for each in chosen(drills, [])] == ["outage", "flood", "fire"]
    assert [each.name for each in chosen(drills, ["fire", "outage"])] == ["outage", "fire"]
    with pytest.raises(ValueError, match="there is no incident 'fier': did you mean fire"):
        chosen(drills, ["fier"])


def test_the_drill_file_of_the_documentation_is_one(written: Callable[[str], Path]) -> None:
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "drills.md").read_text("utf-8"), re.DOTALL)
    orders, failed = Counter("orders_total", "Orders."), Counter("failed_orders_total", "Failed orders.")
    promise = SLO("orders", Ratio(bad=failed, total=orders), objective=99.5)
    shop = rules_of(Spec("shop", owner="web", metrics=[orders, failed], slos=[promise], deployment=Deployment("shop")))
    drills = load(written(text))
    check(drills, shop)
    told = [(each, name) for each in drills.incidents for name in (each.alert, *each.silences) if name is not None]
    assert [name for _, name in told] == ["OrdersBurnRatePageFast", "OrdersBurnRatePageSlow", "ShopAbsent"]
    assert all(expected(name, each, drills, shop).latest > 0 for each, name in told)


SPEC = str(ROOT / "spec" / "cad_ml_platform.py")


@pytest.mark.parametrize(
    ("text", "words", "code", "said"),
    [
        (FILE, ["--only", "outrage"], 2, "there is no incident 'outrage'"),
        (FILE, ["--speed", "0"], 2, "--speed"),
        (FILE.replace("ProviderDown", "ProviderGone"), [], 1, "cad_ml_platform has no alert 'ProviderGone'"),
        ("x = nothing\n", [], 1, "shop.py:1: NameError"),
    ],
)
def test_the_command_says_what_is_wrong_and_starts_nothing(
    written: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    text: str,
    words: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["drill", SPEC, "--drills", str(written(text)), *words])
    assert (result.exit_code, said in result.output) == (code, True), result.output
    started = tmp_path / ".promspec_stack"
    assert sorted(path.name for path in started.rglob("state.json")) == []
