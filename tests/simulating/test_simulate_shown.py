"""What `promspec simulate` shows: tables, JSON, pictures, and what it says of wrong usage."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from promspec import promtool
from promspec.cli.app import app
from promspec.quantities import milliseconds
from promspec.simulating.words import lasting, rate, share

SPEC = """
from promspec import SLO, Counter, Label, Ratio, Spec

route = Label("route", "Which part.", values=["a", "b"])
requests = Counter("requests_total", "Finished requests.", labels=[route])
errors = Counter("errors_total", "Failed requests.", labels=[route])

spec = Spec(
    "shop",
    owner="web",
    slos=[
        SLO("orders", Ratio(bad=errors, total=requests), objective=99.5, traffic="2/s", description="<Orders> & more"),
        SLO("silent", Ratio(bad=errors, total=requests), objective=99, tiers=[]),
    ],
)
"""
TABLE = (Path(__file__).parent / "expected.txt").read_text(encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec, as the working directory."""
    (tmp_path / "shop.py").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["simulate", "shop.py", *arguments], catch_exceptions=False)


@pytest.mark.usefixtures("here")
def test_the_table_has_the_formula_beside_what_promtool_saw() -> None:
    result = run("--longest", "10m")
    assert result.exit_code == 0
    assert result.stdout == TABLE


@pytest.mark.usefixtures("here")
def test_without_promtool_its_columns_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    calculated = run("--no-promtool")
    assert calculated.exit_code == 0
    assert "5m         -   2.31%" in calculated.stdout
    monkeypatch.setattr(promtool, "find", _missing)
    result = run("--longest", "10m")
    assert result.exit_code == 0
    assert result.stdout == calculated.stdout
    assert "promtool was not found on PATH" in result.stderr


def _missing(name: str = "promtool") -> Path:
    raise promtool.ToolMissing(name)


@pytest.mark.usefixtures("here")
def test_json_has_every_alert_of_every_ratio() -> None:
    document = json.loads(run("--format", "json", "--longest", "6m").stdout)
    assert [slo["slo"] for slo in document["slos"]] == ["orders", "silent"]
    outage = document["slos"][0]["rows"][0]
    assert outage["error_ratio"] == 1.0
    assert outage["promtool"] == {"tier": "page-fast", "fires": 300.0, "resolves": 330.0}
    assert [alert["tier"] for alert in outage["alerts"]] == ["page-fast", "page-slow", "ticket-fast", "ticket-slow"]
    assert outage["alerts"][0]["threshold_times_window_over_ratio"] == 259.2
    assert document["slos"][0]["rows"][1]["promtool"] is None
    assert document["slos"][1]["rows"] == []


def test_pictures_are_svg_that_needs_nothing_beside_it_and_knows_the_dark(here: Path) -> None:
    result = run("--output", "out", "--longest", "10m")
    assert result.exit_code == 0
    assert "Wrote simulation.md and 2 pictures into out." in result.stderr
    source = (here / "out" / "orders.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(source)
    names = [element.tag.removeprefix("{http://www.w3.org/2000/svg}") for element in root.iter()]
    assert names[:2] == ["svg", "title"]
    assert not set(names) & {"script", "image", "foreignObject", "use"}
    assert re.findall(r"(?:href|src|url)\b", source) == []
    assert "@media (prefers-color-scheme: dark)" in source
    assert len(re.findall(r'<circle class="dot t0"', source)) == 2  # what promtool saw of page-fast
    assert "NaN" not in source
    box = [float(part) for part in root.attrib["viewBox"].split()]
    for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", source):
        assert 0 <= float(x) <= box[2]
        assert 0 <= float(y) <= box[3]
    assert "![orders: time to alert by error ratio](orders.svg)" in (here / "out" / "simulation.md").read_text()
    again = run("--output", "again", "--longest", "10m")
    assert again.exit_code == 0
    assert (here / "again" / "orders.svg").read_text(encoding="utf-8") == source


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--slo", "order"), "did you mean orders"), (("--longest", "soon"), "is not a duration")],
    ids=str,
)
@pytest.mark.usefixtures("here")
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())


def test_a_spec_with_an_error_gives_its_problems(here: Path) -> None:
    (here / "shop.py").write_text(SPEC.replace('"requests_total"', '"requests"'))
    result = run()
    assert result.exit_code == 1
    assert "metric/counter-suffix" in result.stderr


@pytest.mark.usefixtures("here")
def test_one_slo_may_be_chosen() -> None:
    assert run("--slo", "silent").stdout.startswith("silent: 99% over 30 days")


def test_tiers_that_only_a_total_outage_fires_have_a_picture_too(here: Path) -> None:
    tiers = 'tiers=[Tier("late", short="5m", long="1h", budget=1, severity="critical")]'
    text = (
        SPEC.replace("tiers=[]", tiers)
        .replace("Ratio, Spec", "Ratio, Spec, Tier")
        .replace("objective=99,", "objective=99.9,")
    )
    (here / "shop.py").write_text(text)
    result = run("--slo", "silent", "--no-promtool", "-o", "out")
    assert "100%  late (critical)" in result.stdout
    ElementTree.parse(here / "out" / "silent.svg")


@pytest.mark.parametrize(
    ("length", "text"),
    [("0s", "0s"), ("999ms", "0s"), ("259s", "4m19s"), ("13110s", "3h38m30s"), ("1d13h2m", "1d13h2m"), ("30d", "30d")],
)
def test_times_are_told_to_the_second(length: str, text: str) -> None:
    assert lasting(milliseconds(length)) == text


def test_shares_and_rates_are_told_to_a_few_digits() -> None:
    from decimal import Decimal

    assert [share(Decimal(text)) for text in ("1", "0.0231481", "0.002", "1.164")] == ["100%", "2.31%", "0.2%", "116%"]
    assert [rate(Decimal(text)) for text in ("2", "0.02", "0.0004", "0.000001")] == ["2/s", "1.2/m", "1.4/h", "0.1/d"]
