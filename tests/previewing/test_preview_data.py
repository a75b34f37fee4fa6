"""Dashboards drawn from a real Prometheus show what it answers, in the form of their kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from promspec.pipeline import Compilation
from promspec.previewing.data import Data
from tests.previewing.conftest import END, STEP
from tests.support.pages import Node, read
from tests.support.processes import Running

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def panels(drawn_pages: Path) -> dict[str, Node]:
    """The drawn panels by their titles."""
    page = read((drawn_pages / "dashboard-shop-shop.html").read_text(encoding="utf-8"))
    return {node.all("h3")[0].text: node for node in page.all("article", class_="panel")}


def _numbers(path: str) -> list[tuple[float, float]]:
    found = re.findall(r"[ML]([\d.]+) ([\d.]+)", path)
    return [(float(x), float(y)) for x, y in found]


def test_every_query_was_asked_and_answered(data: Data, shop: Compilation) -> None:
    assert shop.plan is not None
    queries = [query for row in shop.plan.dashboards[0].rows for panel in row.panels for query in panel.queries]
    assert len(data.answers) == len(queries) == 10
    assert data.errors == ()


def test_the_page_says_that_it_is_a_preview_of_which_time_and_from_where(
    drawn_pages: Path, prometheus: Running
) -> None:
    page = read((drawn_pages / "dashboard-shop-shop.html").read_text(encoding="utf-8"))
    banner = page.all("p", class_="banner")[0].text
    assert banner.startswith(f"Preview with data from {prometheus.url}, 2026-01-31 13:00:00 to 2026-01-31 14:00:00 UTC")


def test_a_stat_shows_the_last_value_in_its_unit_and_the_colour_of_its_threshold(panels: dict[str, Node]) -> None:
    (value,) = panels["Now"].all("text", class_="big")
    assert value.text == "4.00 req/s"  # recorded rates are rarely whole
    assert value.attributes["fill"] == "#73BF69"
    assert panels["Now"].all("path", class_="curve")


def test_a_dial_stands_where_its_value_is(panels: dict[str, Node]) -> None:
    (value,) = panels["Door"].all("path", class_="value")
    assert panels["Door"].all("text", class_="big")[0].text == "100%"
    assert value.attributes["d"].endswith("1 180 100")
    assert [band.attributes["stroke"] for band in panels["Door"].all("path", class_="band")] == ["#F2495C", "#73BF69"]


def test_bars_have_the_proportions_of_their_values(panels: dict[str, Node]) -> None:
    words = [node.text for node in panels["Queue"].all("text")]
    assert words == ["north", "1000 KiB", "south", "500 KiB"]
    widths = [bar.attributes["width"] for bar in panels["Queue"].all("rect") if "fill" in bar.attributes]
    assert widths == ["100%", "50%"]


def test_lines_go_through_the_samples_that_the_api_gives(panels: dict[str, Node], prometheus: Running) -> None:
    query = 'sum by (place) (rate(orders_total{job=~".*",instance=~".*",place=~".*"}[60s]))'
    params: dict[str, str | float] = {"query": query, "start": END - 3600, "end": END, "step": STEP}
    answer = httpx.get(f"{prometheus.url}/api/v1/query_range", params=params, trust_env=False).json()
    series = {each["metric"]["place"]: each["values"] for each in answer["data"]["result"]}
    panel = panels["Orders"]
    lines = {path.all("title")[0].text: _numbers(path.attributes["d"]) for path in panel.all("path", class_="line")}
    assert set(lines) == set(series) == {"north", "south"}
    for name, values in series.items():
        assert len(lines[name]) == len(values) == 241
        for (x, _), (at, _) in zip(lines[name], values, strict=True):
            assert x == pytest.approx((float(at) - END + 3600) / 3600 * 1000, abs=0.06)
    assert lines["north"][-1][1] < lines["south"][-1][1], "three a second lie above one"
    legend = [[cell.text for cell in row.all("td")] for row in panel.all("tbody")[0].all("tr")]
    assert legend == [["north", *["3.00 req/s"] * 3], ["south", *["1.000 req/s"] * 3]]


def test_stacked_areas_stand_on_each_other(panels: dict[str, Node]) -> None:
    first, second = (_numbers(path.attributes["d"]) for path in panels["Stacked"].all("path", class_="line"))
    bottom = 1000.0
    assert (bottom - second[-1][1]) / (bottom - first[-1][1]) == pytest.approx(4 / 3, rel=0.001)


def test_a_heatmap_has_a_row_for_each_bucket_without_those_below(panels: dict[str, Node]) -> None:
    rows = [node.text for node in panels["Durations"].all("svg", class_="left")[0].all("text")]
    assert rows == ["+Inf", "5 s", "1 s", "100 ms"]
    cells = panels["Durations"].all("rect", class_="cell")
    colours = {float(cell.attributes["y"]): cell.attributes["fill"] for cell in cells}
    assert set(colours) == {250.0, 500.0, 750.0}, "beyond 5 s there is none"
    assert colours[750.0] == "#7f2704", "half of the orders take less than 0.1 s: the darkest"


def test_a_heatmap_of_series_has_a_row_for_each(panels: dict[str, Node]) -> None:
    assert [node.text for node in panels["Places"].all("svg", class_="left")[0].all("text")] == ["south", "north"]


def test_a_table_has_the_largest_first(panels: dict[str, Node]) -> None:
    rows = [[cell.text for cell in row.all("td")] for row in panels["Worst"].all("tbody")[0].all("tr")]
    assert rows == [["north", "1000 KiB"], ["south", "500 KiB"]]
    assert [cell.text for cell in panels["Worst"].all("th")] == ["place", "Waiting"]


def test_states_have_the_words_and_colours_of_their_mapping(panels: dict[str, Node]) -> None:
    panel = panels["Doors"]
    spans = [
        (rect.text, rect.attributes["fill"], rect.attributes["x"], rect.attributes["width"])
        for rect in panel.all("rect")
    ]
    green, red = "#73BF69", "#F2495C"
    north, *south = spans
    assert north == ("open", green, "0", "1000")
    assert [(word, colour) for word, colour, _, _ in south] == [("open", green), ("closed", red), ("open", green)]
    assert float(south[1][3]) == pytest.approx(500, abs=5)


def test_a_panel_without_series_says_so(panels: dict[str, Node]) -> None:
    assert "No data in this time" in panels["Nothing"].text


def test_a_text_panel_is_its_markdown(panels: dict[str, Node]) -> None:
    words = panels["Words"].all("div", class_="words")[0]
    assert words.all("h4")[0].text == "Read this"
    assert [item.text for item in words.all("li")] == ["one", "two"]


def test_the_same_data_give_the_same_bytes(
    shop: Compilation, data: Data, pages_of: Callable[..., dict[str, str]]
) -> None:
    assert pages_of(shop, data) == pages_of(shop, data)
