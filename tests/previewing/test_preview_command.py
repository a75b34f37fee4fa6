"""`promspec preview`: what it writes, what it says, and what it will not do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promspec.cli.app import app
from tests.previewing.conftest import END, SHOP
from tests.support.processes import Running, free_port


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.py").write_text(SHOP.lstrip(), encoding="utf-8")
    return tmp_path


def _preview(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["preview", "shop.py", *arguments])
    return result.exit_code, result.output


def test_it_writes_the_pages_and_says_which_to_open(here: Path) -> None:
    code, said = _preview()
    assert code == 0
    assert "Wrote 9 pages. Open preview/shop/index.html" in said.splitlines()
    assert sorted(path.name for path in (here / "preview" / "shop").iterdir()) == [
        *("alerts.html", "codes.html", "dashboard-shop-shop.html", "index.html", "lineage.html", "manifest.json"),
        *("metrics.html", "rules.html", "runbooks.html", "slos.html"),
    ]


def test_the_next_run_leaves_out_what_is_gone_and_what_was_edited_by_hand(here: Path) -> None:
    _preview("--output", "site")
    page = here / "site" / "shop" / "codes.html"
    page.write_text("mine", encoding="utf-8")
    code, said = _preview("--output", "site")
    assert (code, page.read_text(encoding="utf-8")) == (1, "mine")
    assert "edited by hand, and left as it is: site/shop/codes.html; --force overwrites." in said
    assert _preview("--output", "site", "--force")[0] == 0
    assert page.read_text(encoding="utf-8") != "mine"
    text = (here / "shop.py").read_text(encoding="utf-8")
    (here / "shop.py").write_text(text.replace("dashboards=[board]", "dashboards=[]"), encoding="utf-8")
    assert _preview("--output", "site")[0] == 1, "the dashboard that no Spec holds is an error"
    (here / "shop.py").write_text(
        re.sub(r"\nboard = .*?\nspec", "\nspec", text, flags=re.S).replace("dashboards=[board]", "dashboards=[]")
    )
    assert _preview("--output", "site")[0] == 0
    assert not (here / "site" / "shop" / "dashboard-shop-shop.html").exists()


def test_a_spec_with_an_error_has_no_preview(here: Path) -> None:
    (here / "shop.py").write_text("spec = 1\n", encoding="utf-8")
    code, said = _preview()
    assert code == 1
    assert "error" in said
    assert not (here / "preview").exists()


def test_a_prometheus_that_is_not_there_leaves_everything_as_it_is(here: Path) -> None:
    port = free_port()
    code, said = _preview("--prometheus", f"http://127.0.0.1:{port}")
    assert code == 1
    assert f"cannot reach http://127.0.0.1:{port}: [Errno 111] Connection refused; nothing was written." in said
    assert not (here / "preview").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--start", "now-1h"), "give --prometheus as well"),
        (("--end", "now"), "give --prometheus as well"),
        (("--prometheus", "http://x", "--start", "yesterday"), "'yesterday' is no time"),
        (("--prometheus", "http://x", "--end", "now-6x"), "'now-6x' is no time"),
        (("--prometheus", "http://x", "--end", "9" * 400), "is no time"),
        (
            ("--prometheus", "http://x", "--start", "2026-01-31", "--end", "2026-01-30"),
            "it must lie a minute to 400 days",
        ),
        (("--prometheus", "http://x", "--start", "0"), "it must lie a minute to 400 days"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_time_that_is_none_is_wrong_usage(arguments: tuple[str, ...], said: str) -> None:
    code, output = _preview(*arguments)
    assert code == 2
    assert said in " ".join(re.sub(r"[│╭╮╰╯─]", " ", output).split())


@pytest.mark.slow
def test_it_draws_the_time_that_is_asked_for(here: Path, prometheus: Running) -> None:
    for end in (str(END), "2026-01-31T14:00:00Z", "2026-01-31T15:00:00+01:00", "2026-01-31T14:00"):
        code, said = _preview("--prometheus", prometheus.url, "--start", str(END - 1800), "--end", end)
        assert code == 0, said
        assert f"{prometheus.url}: 9 of 10 queries have data, 1 have none, 0 failed." in said
        page = (here / "preview" / "shop" / "dashboard-shop-shop.html").read_text(encoding="utf-8")
        assert "2026-01-31 13:30:00 to 2026-01-31 14:00:00 UTC" in page
