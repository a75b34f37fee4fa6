"""The pages of a preview: whole, linked, closed in themselves, the same at every run, and of any spec."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from promspec.pipeline import Compilation, compile_spec
from promspec.quantities import milliseconds
from tests.support.pages import Node, read
from tests.support.specs import AWKWARD, EMPTY, SHOP, SMALL

Pages = Callable[..., dict[str, str]]
SPECS = ("cad_ml_platform", "snakepit")


@pytest.fixture(scope="module", params=SPECS)
def ours(request: pytest.FixtureRequest, root: Path) -> Compilation:
    return compile_spec(root / "spec" / f"{request.param}.py")


@pytest.fixture(params=["empty", "small", "awkward", "shop"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Compilation:
    text = {"empty": EMPTY, "small": SMALL, "awkward": AWKWARD, "shop": SHOP}[request.param]
    path = tmp_path / "spec.py"
    path.write_text("from promspec import *\n" + text, encoding="utf-8")
    return compile_spec(path)


def _faults(pages: dict[str, str]) -> list[str]:
    """What is wrong with pages: links that lead nowhere, names given twice, anything that is fetched or could run."""
    read_pages = {name: read(text) for name, text in pages.items()}
    anchors = {
        name: [node.attributes["id"] for node in page.all() if "id" in node.attributes]
        for name, page in read_pages.items()
    }
    faults = [f"{name}: {anchor} twice" for name, of in anchors.items() for anchor in set(of) if of.count(anchor) > 1]
    for name, page in read_pages.items():
        index = json.loads(page.all("script", type="application/json")[0].written)
        links = [*(link.attributes["href"] for link in page.all("a")), *(address for _, _, _, address in index)]
        faults += [f"{name}: {link} leads nowhere" for link in links if not _leads(link, name, anchors)]
        faults += [f"{name}: {fault}" for fault in _open(page)]
    return faults


def _leads(address: str, name: str, anchors: dict[str, list[str]]) -> bool:
    if re.match(r"(https?|mailto):", address):
        return True
    file, _, anchor = address.partition("#")
    return (file or name) in anchors and (not anchor or anchor in anchors[file or name])


def _open(page: Node) -> list[str]:
    """All but the style and the script of the policy, and attributes that would be one."""
    policy = page.all("meta", http_equiv="Content-Security-Policy")[0].attributes["content"]
    (style,), (script, index) = page.all("style"), page.all("script")
    digests = {node.tag: base64.b64encode(hashlib.sha256(node.written.encode()).digest()) for node in (style, script)}
    faults = [tag for tag, digest in digests.items() if f"{tag}-src 'sha256-{digest.decode()}'" not in policy]
    if not policy.startswith("default-src 'none'; ") or "unsafe" in policy:
        faults.append(policy)
    if index.attributes["type"] != "application/json":
        faults.append("a second script")
    for node in page.all():
        if node.tag in ("iframe", "object", "embed", "form", "base", "link", "img"):
            faults.append(node.tag)
        faults += [name for name in node.attributes if name.startswith("on") or name in ("style", "src", "srcset")]
    return faults


def test_what_is_wrong_with_a_page_is_seen(shop: Compilation, pages_of: Pages) -> None:
    pages = pages_of(shop)
    body = '<p id="top">x</p><p id="top"></p><a href="none.html#x">y</a><img onerror="z"></body>'
    damaged = {**pages, "index.html": pages["index.html"].replace("</body>", body)}
    assert _faults(damaged) == [
        "index.html: top twice",
        "index.html: none.html#x leads nowhere",
        "index.html: img",
        "index.html: onerror",
    ]


def test_the_pages_of_our_specs_are_whole(ours: Compilation, pages_of: Pages) -> None:
    assert _faults(pages_of(ours)) == []


def test_the_pages_of_other_specs_are_whole(other: Compilation, pages_of: Pages) -> None:
    assert _faults(pages_of(other)) == []


def test_the_drawn_pages_are_whole(drawn_pages: Path) -> None:
    pages = {path.name: path.read_text(encoding="utf-8") for path in drawn_pages.glob("*.html")}
    assert len(pages) > 5
    assert _faults(pages) == []


def test_the_same_spec_gives_the_same_bytes_wherever_it_lies(
    shop: Compilation, pages_of: Pages, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from tests.previewing.conftest import SHOP as TEXT

    path = tmp_path / "elsewhere" / "shop.py"
    path.parent.mkdir()
    path.write_text(TEXT.lstrip(), encoding="utf-8")
    pages = pages_of(shop)
    assert pages_of(compile_spec(path)) == pages
    for text in pages.values():
        assert str(tmp_path_factory.getbasetemp()) not in text


def test_everything_of_a_spec_has_its_place(ours: Compilation, pages_of: Pages) -> None:
    plan, pages = ours.plan, {name: read(text) for name, text in pages_of(ours).items()}
    assert plan is not None
    titles = {name: [node.text for node in page.all("h2")] for name, page in pages.items()}
    for file, names in (
        ("metrics.html", [metric.name for metric in plan.catalog.metrics]),
        ("codes.html", [code.value for code in plan.catalog.codes]),
        ("slos.html", [slo.name for slo in plan.catalog.slos]),
        ("alerts.html", [alert.name for alert in plan.catalog.alerts]),
        ("rules.html", [rule.name for rule in plan.catalog.rules]),
        ("runbooks.html", [runbook.title for runbook in plan.runbooks]),
    ):
        shown = [title.removesuffix(" #") for title in titles[file]]
        assert [title for title in shown if title in names] == names, file
    for board in plan.dashboards:
        page = pages[f"dashboard-{board.uid}.html"]
        panels = [panel.title for row in board.rows for panel in row.panels]
        assert [node.text for node in page.all("h3")] == panels


def test_a_metric_shows_labels_values_buckets_unit_and_series(shop: Compilation, pages_of: Pages) -> None:
    page = read(pages_of(shop)["metrics.html"])
    (card,) = page.all("article", id="metric-order_duration_seconds")
    for words in ("histogram", "seconds", "Time of an order.", "place north south", "Buckets 0.1 1.0 5.0 +Inf", "12"):
        assert words in card.text
    (labels,) = page.all("article", id="metric-order_errors_total")
    assert "code timeout other" in labels.text


def test_a_code_shows_its_action_and_whether_it_spends_budget(shop: Compilation, pages_of: Pages) -> None:
    (card,) = read(pages_of(shop)["codes.html"]).all("article", id="code-timeout")
    for words in ("spends budget", "Too late.", "Look at the bank .", "builtins.TimeoutError"):
        assert words in card.text


def test_an_slo_shows_objective_tiers_and_times(shop: Compilation, pages_of: Pages) -> None:
    (card,) = read(pages_of(shop)["slos.html"]).all("article", id="slo-orders-good")
    for words in ("99.5% over 30d", "page-fast", "OrdersGoodBurnRatePageFast", "3h36m of total outage"):
        assert words in card.text
    times = [[cell.text for cell in row.all("td")] for row in card.all("table")[1].all("tr")[1:]]
    assert times[0][0] == "100%"
    assert times[0][1].startswith("page-fast")


def test_the_stories_of_an_alert_are_those_of_its_rule_tests(shop: Compilation, pages_of: Pages) -> None:
    assert shop.plan is not None
    (file,) = [file for file in shop.plan.rule_tests.files if file.name == "alerts/OrdersSlow"]
    (card,) = read(pages_of(shop)["alerts.html"]).all("article", id="alert-OrdersSlow")
    stories = card.all("li")
    assert [story.all("span", class_="name")[0].text for story in stories] == [c.name for c in file.proofs[0].cases]
    told = {story.all("span", class_="name")[0].text: story.all("svg")[0].attributes["aria-label"] for story in stories}
    assert told["healthy"] == "silent throughout"
    border = told["just below, just above"]
    found = re.fullmatch(r"pending at (\w+), firing at (\w+), silent again at \w+", border)
    assert found, border
    assert milliseconds(found[2]) - milliseconds(found[1]) == 300_000, "the alert waits for five minutes"
    states = [rect.attributes["class"] for rect in stories[list(told).index("just below, just above")].all("rect")]
    assert states == ["silent", "pending", "firing", "silent"]


def test_lineage_leads_both_ways(shop: Compilation, pages_of: Pages) -> None:
    page = read(pages_of(shop)["lineage.html"])

    def links(anchor: str, title: str) -> list[str]:
        (card,) = page.all("article", id=anchor)
        side = next(node for node in card.all("div") if node.children and node.children[0].text == title)
        return [link.attributes["href"] for link in side.all("a")]

    assert "#alert-OrdersSlow" in links("histogram-order_duration_seconds", "Used by")
    assert "#histogram-order_duration_seconds" in links("alert-OrdersSlow", "Made from")
    assert "#runbook-orders_fail" in links("alert-OrdersSlow", "Made from")


def test_a_runbook_shows_its_queries_and_steps_and_what_leads_there(shop: Compilation, pages_of: Pages) -> None:
    (card,) = read(pages_of(shop)["runbooks.html"]).all("article", id="runbook-orders_fail")
    for words in ("sum by (code) (rate(order_errors_total[5m]))", "0 to 5 minutes: Look", "Read the log", "OrdersSlow"):
        assert words in card.text


def test_without_a_prometheus_every_panel_says_so_and_stands_in_its_grid(shop: Compilation, pages_of: Pages) -> None:
    assert shop.plan is not None
    page = read(pages_of(shop)["dashboard-shop-shop.html"])
    panels = page.all("article", class_="panel")
    planned = [panel for row in shop.plan.dashboards[0].rows for panel in row.panels]
    for shown, panel in zip(panels, planned, strict=True):
        place = {f"c{panel.position.x + 1}", f"w{panel.position.width}", f"h{panel.position.height}"}
        assert place <= set(shown.attributes["class"].split())
        assert panel.title in shown.text
        assert panel.description in shown.text
        assert panel.unit in shown.text
        for query in panel.queries:
            assert " ".join(query.expr.split()) in shown.text
        if panel.kind != "text":
            assert "No data: no Prometheus was given" in shown.text
    assert "Preview without data" in page.text


def test_a_query_is_shown_as_it_is_sent(shop: Compilation, pages_of: Pages) -> None:
    page = read(pages_of(shop)["dashboard-shop-shop.html"])
    queries = [node.text for node in page.all("pre")]
    recorded = 'job_place:orders:rate1m{instance="",instance=~".*",job=~".*",place=~".*"}'
    scraped = 'orders_total{instance=~".*",instance!~"(?:.*){9}",job=~".*",place=~".*"}'
    assert f"(sum(avg_over_time({recorded}[60s])) or sum(rate({scraped}[60s])))" in queries


def test_a_page_of_which_there_is_nothing_is_left_out(pages_of: Pages, tmp_path: Path) -> None:
    path = tmp_path / "spec.py"
    path.write_text("from promspec import *\n" + EMPTY, encoding="utf-8")
    assert set(pages_of(compile_spec(path))) == {"index.html"}


ALERTS = """
queue = Gauge("queue_size", "Waiting.")
def full(limit, severity):
    return Alert("Full", f"{queue} > {limit}", for_="5m", severity=severity, summary="Full.", description="Full.")
scenario = Scenario({"queue_size": "0x20 50x40"}, fires_at="25m")
told = Alert("Told", f"{queue} > 40", for_="5m", severity=Severity.INFO, summary="Told.", scenario=scenario)
odd = Alert("Odd", f"time() - timestamp({queue}) > 90", severity=Severity.INFO, summary="Odd.")
spec = Spec("full", owner="x", metrics=[queue],
            alerts=[full(10, Severity.WARNING), full(20, Severity.CRITICAL), told, odd])
"""


def test_alerts_of_one_name_scenarios_and_what_is_not_proven(pages_of: Pages, tmp_path: Path) -> None:
    path = tmp_path / "spec.py"
    path.write_text("from promspec import *\n" + ALERTS, encoding="utf-8")
    compiled = compile_spec(path)
    assert compiled.ok, [problem.summary for problem in compiled.problems]
    pages = pages_of(compiled)
    assert _faults(pages) == []
    page = read(pages["alerts.html"])
    files = {card.attributes["id"]: [code.text for code in card.all("code")][-1] for card in page.all("article")}
    assert files["alert-Full"].endswith("rule_tests/alerts/Full.yml")
    assert files["alert-Full-2"].endswith("rule_tests/alerts/Full_2.yml")
    assert files["alert-Told"].endswith("rule_tests/alerts/Told.yml")
    (told,) = page.all("article", id="alert-Told")
    stories = told.all("svg", class_="story")
    assert stories[0].attributes["aria-label"] == "firing at 25m"
    assert told.all("span", class_="name")[0].text == "scenario, as declared"
    assert stories[1].attributes["aria-label"] == "silent throughout"
    (odd,) = page.all("article", id="alert-Odd")
    assert odd.all("p", class_="missing")[0].text.startswith("No proof: ")
    index = read(pages["index.html"])
    assert [row.all("td")[-1].text for row in index.all("tbody")[-1].all("tr")][-1] == "none"
