"""Nothing that a spec or a Prometheus says can become more than text on a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from promspec.pipeline import Compilation, compile_spec
from promspec.previewing.asking import Window, asked
from promspec.previewing.colours import safe
from promspec.previewing.words import blocks, inline, safe_address
from tests.support.browser import Browser
from tests.support.pages import read

ATTACKS = (
    "<script>window.pwned=1</script>",
    '"><img src=x onerror="window.pwned=1">',
    "'><svg/onload=window.pwned=1>",
    "</script><script>window.pwned=1</script>",
    "</style><script>window.pwned=1</script>",
    "<!--<script>",
    "[x](javascript:window.pwned=1)",
    "[x](data:text/html,<script>window.pwned=1</script>)",
    "{{ 7 * 7 }}{% raw %}",
    "`</code><script>window.pwned=1</script>`",
    "&lt;b&gt; \\u003cscript\\u003e ]]> \u2028 \u202e\x00",
)
ALL = " ".join(attack for attack in ATTACKS).replace("\x00", "")

SPEC = """
from promspec import *

BAD = {bad!r}
VALUES = {values!r}
label = Label("kind", BAD, values=VALUES)

class Failure(ErrorCodes):
    ONE = Code("one", help=BAD, action=BAD)
    OTHER = Code("other")

total = Counter("things_total", BAD, labels=[label])
level = Gauge("level", BAD, labels=[label])
book = Runbook("bad", BAD, summary=BAD, impact=BAD, detection={{BAD: "sum(level)"}}, logs=[BAD],
               stages=[Stage("0m", "5m", BAD, steps=[BAD])], causes=[BAD], fixes={{BAD: BAD}}, prevention=[BAD],
               escalation=[Escalation("1", BAD, BAD, "5m")])
alert = Alert("Bad", 'sum(level{{kind=~".*<script>.*"}}) > 5', for_="1m", severity=Severity.CRITICAL, summary=BAD,
              description="x", runbook=book, allow={{"alert/summary-static": "it is hostile"}})
panels = [kind(f"{{kind.__name__}} {{BAD}}", BAD, Query("sum by (kind) (level)", BAD + " {{{{kind}}}}"),
               unit="suffix:" + BAD,
               thresholds=[(None, 'red" onload="window.pwned=1'), (1, "url(javascript:x)")], mappings={{7: (BAD, BAD)}})
          for kind in (TimeSeries, Stat, GaugePanel, BarGauge, Table, StateTimeline)]
heat = Heatmap("Heat " + BAD, BAD, Query("sum by (kind) (level)", BAD), unit="suffix:" + BAD, buckets=False)
words = Text("Text " + BAD, BAD, content=BAD + "\\n\\n# " + BAD + "\\n- " + BAD)
board = Dashboard("Board " + BAD, [Row(BAD, [*panels, heat, words])],
                  description=BAD, links={{BAD: "https://example.com/\\"><script>"}}, tags=[BAD])
spec = Spec("bad", owner=BAD, title=BAD, description=BAD, error_codes=Failure, metrics=[total, level], alerts=[alert],
            dashboards=[board], runbooks=[book])
"""


class Liar:
    """A Prometheus whose series are attacks."""

    shown = "http://liar.example.com/<script>"

    def get(self, path: str, parameters: list[tuple[str, str]]) -> Any:
        asked = dict(parameters)
        if asked["query"] == "1":
            return {"resultType": "scalar", "result": [0, "1"]}
        end = float(asked.get("end") or asked["time"])
        values = [[end - 60 * number, str(number % 8)] for number in range(30, -1, -1)]
        found = [{"metric": {"__name__": attack, "kind": attack, attack: attack}} for attack in ATTACKS]
        if path.endswith("range"):
            return {"resultType": "matrix", "result": [{**each, "values": values} for each in found]}
        return {"resultType": "vector", "result": [{**each, "value": [end, "7"]} for each in found]}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Compilation:
    path = tmp_path_factory.mktemp("hostile") / "bad.py"
    path.write_text(SPEC.format(bad=ALL, values=[attack.replace("\x00", "") for attack in ATTACKS]), encoding="utf-8")
    compiled = compile_spec(path)
    assert compiled.ok, [problem.summary[:300] for problem in compiled.problems]
    return compiled


@pytest.fixture(scope="module")
def pages(hostile: Compilation, pages_of: Callable[..., dict[str, str]]) -> dict[str, str]:
    assert hostile.plan is not None
    data = asked(hostile.plan.dashboards, Liar(), Window(1_769_868_000.0))
    return pages_of(hostile, data)


def test_no_page_has_an_element_or_an_attribute_that_was_not_ours(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        page = read(text)
        assert len(page.all("script")) == 2, name
        assert len(page.all("style")) == 1, name
        assert page.all("img") == page.all("iframe") == [], name
        for node in page.all():
            assert not [key for key in node.attributes if key.startswith("on") or key in ("style", "src")], name
            for key in ("href", "fill", "stroke"):
                value = node.attributes.get(key, "").lower()
                assert not value.startswith(("javascript:", "data:", "url(")), f"{name}: {value}"


def test_the_attacks_can_be_read_as_they_were_written(pages: dict[str, str]) -> None:
    text = read(pages["metrics.html"]).text
    for attack in ATTACKS[:6]:
        assert attack in text


@pytest.mark.slow
def test_chromium_runs_none_of_it(pages: dict[str, str], tmp_path: Path) -> None:
    for name, text in pages.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with Browser() as browser:
        for name in pages:
            browser.open(tmp_path / name)
            browser.click("#search")
            browser.type("script")
            assert browser.run("document.querySelectorAll('#found li').length > 0"), name
            assert browser.run("typeof window.pwned") == "undefined", name
            assert browser.run("document.querySelectorAll('#found script, #found img, #found svg').length") == 0
        assert browser.errors == []
        assert [url for url in browser.requests if not url.startswith("file://")] == []


@pytest.mark.slow
def test_the_policy_stops_what_would_slip_through(pages: dict[str, str], tmp_path: Path) -> None:
    broken = pages["index.html"].replace("<main", "<script>window.pwned=1</script><img src=x onerror='pwned=1'><main")
    (tmp_path / "index.html").write_text(broken, encoding="utf-8")
    with Browser() as browser:
        browser.open(tmp_path / "index.html")
        assert browser.run("typeof window.pwned") == "undefined"
        assert any("Content Security Policy" in error for error in browser.errors)


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:x", " javascript:x", "data:text/html,x", "vbscript:x",
     "file:///etc/passwd", "\x01javascript:x", "javascript&colon;x", "blob:x"],
)  # fmt: skip
def test_an_address_that_runs_something_is_no_link(address: str) -> None:
    assert not safe_address(address)
    assert "<a" not in inline(f"[x]({address})")


@pytest.mark.parametrize("address", ["https://example.com/x", "mailto:a@example.com", "#here", "runbooks/x.md", "../x"])
def test_an_address_of_a_place_is_a_link(address: str) -> None:
    assert f'href="{address}"' in inline(f"[x]({address})")


@pytest.mark.parametrize("colour", ['red"', "url(x)", "expression(1)", "rgb(1,2,3);x", "var(--x)", "#12", "", "rgb(<)"])
def test_a_colour_that_is_none_is_the_neutral_one(colour: str) -> None:
    assert safe(colour) == "#5794F2"


@pytest.mark.parametrize(
    ("colour", "literal"),
    [
        ("dark-red", "#C4162A"),
        ("#C4162a", "#C4162a"),
        ("rgba(1, 2, 3, 0.5)", "rgba(1, 2, 3, 0.5)"),
        ("text", "currentColor"),
    ],
)
def test_a_colour_of_grafana_is_its_literal(colour: str, literal: str) -> None:
    assert safe(colour) == literal


def test_markdown_is_paragraphs_headings_lists_code_and_links() -> None:
    text = "# Head *er*\n\nOne **two** `three <b>`\nfour [five](https://example.com)\n\n1. a\n2. b\n\n"
    text += "```sh\nls <x>\n```\n<b>raw</b>"
    assert str(blocks(text)).splitlines() == [
        "<h4>Head <em>er</em></h4>",
        "<p>One <strong>two</strong> <code>three &lt;b&gt;</code> four "
        '<a href="https://example.com" rel="noreferrer">five</a></p>',
        "<ol><li>a</li><li>b</li></ol>",
        "<pre><code>ls &lt;x&gt;</code></pre>",
        "<p>&lt;b&gt;raw&lt;/b&gt;</p>",
    ]
