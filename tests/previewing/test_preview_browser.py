"""The pages in a real Chromium, used as a person would: clicks, keys, a phone, the dark, paper, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promspec.pipeline import Compilation
from tests.support.browser import Browser

pytestmark = pytest.mark.slow
BOARD = "dashboard-shop-shop.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.fixture(autouse=True)
def nothing_wrong(browser: Browser) -> Iterator[None]:
    """After each test: no error in the console, nothing fetched but the pages themselves."""
    yield
    assert browser.errors == []
    assert [url for url in browser.requests if not url.startswith("file://")] == []


def _here(browser: Browser) -> str:
    return str(browser.run("location.pathname.split('/').pop() + location.hash"))


def test_a_click_on_an_alert_leads_to_its_stories(browser: Browser, drawn_pages: Path) -> None:
    browser.open(drawn_pages / "index.html")
    browser.click('a[href="alerts.html#alert-OrdersSlow"]')
    browser.until("location.hash === '#alert-OrdersSlow' && document.readyState === 'complete'")
    assert _here(browser) == "alerts.html#alert-OrdersSlow"
    browser.until("document.querySelector('#alert-OrdersSlow details.proof').open")
    assert browser.run("document.querySelector('#alert-OrdersSlow .stories li').getClientRects().length")


def test_the_way_from_an_alert_to_its_runbook_and_to_a_metric_is_clicks(browser: Browser, drawn_pages: Path) -> None:
    browser.open(drawn_pages / "alerts.html")
    browser.click("#alert-OrdersSlow a.aside")
    browser.until("location.hash === '#alert-OrdersSlow' && location.pathname.endsWith('lineage.html')")
    browser.until("document.readyState === 'complete'")
    browser.click('#alert-OrdersSlow a[href="#histogram-order_duration_seconds"]')
    browser.until("location.hash === '#histogram-order_duration_seconds'")
    browser.click("#histogram-order_duration_seconds a.aside")
    browser.until("location.pathname.endsWith('metrics.html')")
    assert _here(browser) == "metrics.html#metric-order_duration_seconds"


def test_search_is_a_key_some_letters_and_enter(browser: Browser, drawn_pages: Path) -> None:
    browser.open(drawn_pages / "index.html")
    browser.type("/")
    assert browser.run("document.activeElement.id") == "search"
    browser.type("ordersslow")
    assert browser.run("document.querySelector('#found b').textContent") == "OrdersSlow"
    assert browser.run("document.getElementById('search').getAttribute('aria-expanded')") == "true"
    browser.press("Enter")
    browser.until("location.pathname.endsWith('alerts.html')")
    assert _here(browser) == "alerts.html#alert-OrdersSlow"


def test_arrows_choose_and_escape_closes(browser: Browser, drawn_pages: Path) -> None:
    browser.open(drawn_pages / "index.html")
    browser.click("#search")
    browser.type("orders")
    browser.press("ArrowDown")
    browser.press("ArrowDown")
    chosen = "document.querySelector('#found [aria-selected]').id"
    assert browser.run(chosen) == browser.run("document.getElementById('search').getAttribute('aria-activedescendant')")
    assert browser.run(chosen) == "found-1"
    browser.press("ArrowUp")
    assert browser.run(chosen) == "found-0"
    browser.press("Escape")
    assert browser.run("document.getElementById('found').hidden") is True


def test_search_finds_panels_labels_and_says_when_there_is_nothing(browser: Browser, drawn_pages: Path) -> None:
    browser.open(drawn_pages / "index.html")
    browser.click("#search")
    browser.type("north")
    kinds = browser.run("[...document.querySelectorAll('#found span')].map((e) => e.textContent)")
    assert set(kinds) == {"label"}
    browser.press("Escape")
    browser.type("doors open")
    assert browser.run("[...document.querySelectorAll('#found b')].map((e) => e.textContent)") == ["Doors"]
    browser.press("Escape")
    browser.type("xyzzy")
    assert browser.run("document.getElementById('found').textContent") == "Nothing found"
    assert browser.run("document.getElementById('status').textContent") == "0 found"


def test_a_filter_leaves_what_has_every_word(browser: Browser, drawn_pages: Path) -> None:
    browser.open(drawn_pages / "metrics.html")
    browser.click("#filter")
    browser.type("place gauge")
    shown = "[...document.querySelectorAll('[data-filter]:not([hidden])')].map((e) => e.id)"
    assert browser.run(shown) == ["metric-queue_bytes", "metric-door_state"]
    assert browser.run("document.querySelector('.filter [data-shown]').textContent") == "2"


def test_the_switch_changes_the_colours_and_is_remembered(browser: Browser, drawn_pages: Path) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    browser.open(drawn_pages / "index.html")
    light = browser.run(background)
    browser.click("#theme")
    dark = browser.run(background)
    assert light != dark
    for _ in range(20):  # another process may draw the next page, and the browser tells it of the storage by and by
        browser.open(drawn_pages / "slos.html")
        if browser.run(background) == dark:
            break
    assert browser.run(background) == dark
    assert browser.run("document.getElementById('theme').textContent") == "Light"
    browser.click("#theme")
    assert browser.run(background) == light


def test_a_click_on_a_series_shows_it_alone(browser: Browser, drawn_pages: Path) -> None:
    browser.open(drawn_pages / BOARD)
    panel = browser.run("[...document.querySelectorAll('.panel')].find((e) => e.querySelector('[data-of]')).id")
    hushed = f"[...document.querySelectorAll('#{panel} [data-series].hushed')].map((e) => e.dataset.series)"
    browser.click(f'#{panel} [data-of="1"]')
    assert browser.run(hushed) == ["0"]
    assert browser.run(f"document.querySelector('#{panel} [data-of=\"1\"]').getAttribute('aria-pressed')") == "true"
    browser.click(f'#{panel} [data-of="1"]')
    assert browser.run(hushed) == []


def test_a_click_opens_the_queries_of_a_panel(browser: Browser, drawn_pages: Path) -> None:
    browser.open(drawn_pages / BOARD)
    browser.click(".panel .queries summary")
    text = browser.run("document.querySelector('.panel .queries').innerText")
    assert "rate(orders_total" in text
    assert "[60s]" in text


def test_tab_leads_to_the_content_first(browser: Browser, drawn_pages: Path) -> None:
    browser.open(drawn_pages / "metrics.html")
    browser.press("Tab")
    assert browser.run("document.activeElement.className") == "skip"
    browser.press("Enter")
    browser.until("location.hash === '#content'")
    assert browser.run("document.activeElement.id") == "content"


def test_panels_stand_where_the_dashboard_puts_them(browser: Browser, drawn_pages: Path, shop: Compilation) -> None:
    assert shop.plan is not None
    with Browser(1600, 900) as wide:
        wide.open(drawn_pages / BOARD)
        for panel in shop.plan.dashboards[0].rows[0].panels:
            place = f"(() => {{ const r = document.getElementById('panel-{panel.id}').getBoundingClientRect();"
            place += " const g = document.querySelector('.grid').getBoundingClientRect();"
            left, width = wide.run(place + " return [(r.left - g.left) / g.width, r.width / g.width]; })()")
            assert left == pytest.approx(panel.position.x / 24, abs=0.01)
            assert width == pytest.approx(panel.position.width / 24, abs=0.01)


@pytest.mark.parametrize("width", [320, 390, 768, 1024])
def test_no_page_is_wider_than_the_screen_nor_covers_its_text(drawn_pages: Path, width: int) -> None:
    with Browser(width, 844) as phone:
        for page in sorted(drawn_pages.glob("*.html")):
            phone.open(page)
            assert phone.run("document.documentElement.scrollWidth") <= width, page.name
            narrow = (
                "[...document.querySelectorAll('main p, main li, main h2')].filter((e) => e.getClientRects().length"
            )
            assert phone.run(f"{narrow} && e.getBoundingClientRect().right > {width} + 1).length") == 0, page.name
            assert float(phone.run("parseFloat(getComputedStyle(document.body).fontSize)")) >= 14
        assert phone.errors == []


@pytest.mark.parametrize("width", [320, 390])
def test_the_tiers_of_an_slo_are_read_on_a_phone_without_scrolling_sideways(drawn_pages: Path, width: int) -> None:
    with Browser(width, 844) as phone:
        phone.open(drawn_pages / "slos.html")
        cells = "[...document.querySelectorAll('.tiers td')]"
        boxes = phone.run(f"{cells}.map((e) => [e.getBoundingClientRect().right, e.getBoundingClientRect().height])")
        names = phone.run(f"{cells}.slice(0, 6).map((e) => getComputedStyle(e, '::before').content)")
    assert names == ['"Tier"', '"Severity"', '"Alert"', '"Budget"', '"Fires when"', '"Lasting"']
    assert len(boxes) >= 4 * 6
    assert max(right for right, _ in boxes) <= width
    assert max(height for _, height in boxes) < 200


def test_the_page_that_is_open_is_in_sight_among_the_pages_on_a_phone(drawn_pages: Path) -> None:
    with Browser(390, 844) as phone:
        phone.open(drawn_pages / BOARD)
        edges = "(() => { const r = document.querySelector('.side [aria-current]').getBoundingClientRect();"
        left, right = phone.run(edges + " return [r.left, r.right]; })()")
        scrolled = phone.run("document.documentElement.scrollTop")
    assert (0 <= left < right <= 390, scrolled) == (True, 0)


def _contrast(browser: Browser, selector: str) -> float:
    """The contrast of a text to what is behind it. Source: https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio"""
    script = (
        f"(() => {{ let e = document.querySelector({selector!r}); const c = getComputedStyle(e).color;"
        " while (e && /rgba\\(0, 0, 0, 0\\)/.test(getComputedStyle(e).backgroundColor)) e = e.parentElement;"
        " return [c, getComputedStyle(e).backgroundColor]; })()"
    )

    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    one, other = sorted(map(light, browser.run(script)), reverse=True)
    return (one + 0.05) / (other + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_texts_stand_out_by_day_and_by_night_as_the_system_says(drawn_pages: Path, dark: bool) -> None:
    with Browser(dark=dark) as browser:
        browser.open(drawn_pages / "index.html")
        background = browser.run("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", background))) < 150) is dark
        for selector in ("main p", ".lead", ".facts dt", "main a", ".severity", ".count", ".badge.preview"):
            assert _contrast(browser, selector) >= 4.5, selector


def test_paper_is_light_and_shows_what_is_folded(drawn_pages: Path) -> None:
    with Browser(dark=True) as browser:
        browser.open(drawn_pages / "alerts.html")
        closed = browser.run("document.querySelectorAll('details:not([open])').length")
        assert closed
        browser.run("dispatchEvent(new Event('beforeprint'))")
        assert browser.run("document.querySelectorAll('details:not([open])').length") == 0
        pdf = browser.printed()
        assert pdf.startswith(b"%PDF-")
        browser.run("dispatchEvent(new Event('afterprint'))")
        assert browser.run("document.querySelectorAll('details:not([open])').length") == closed
        browser.on_paper()
        assert browser.run("getComputedStyle(document.querySelector('.top')).display") == "none"
        assert browser.run("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"


def test_without_scripts_everything_can_be_read(drawn_pages: Path) -> None:
    with Browser(scripts=False) as browser:
        browser.open(drawn_pages / "metrics.html")
        picture = browser.screenshot()
        assert picture.startswith(b"\x89PNG")
        assert browser.has("article.item")
        assert not browser.has(".search:not([hidden])")
        assert not browser.has("#theme:not([hidden])")


def test_the_pages_of_a_large_system_open_quickly(
    browser: Browser, root: Path, tmp_path: Path, pages_of: Callable[..., dict[str, str]]
) -> None:
    from promspec.pipeline import compile_spec

    for name, text in pages_of(compile_spec(root / "spec" / "snakepit.py")).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for page in sorted(tmp_path.glob("*.html")):
        browser.open(page)
        assert browser.run("performance.getEntriesByType('navigation')[0].domComplete") < 5000, page.name
        assert page.stat().st_size < 1_000_000, page.name
