"""Which declared metrics and label values were seen at work; runs are added up, and other specs refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promspec.live.contract import Contract, contract_of
from promspec.live.coverage import Coverage, CoverageError, Item
from promspec.live.exposition import read
from promspec.live.pages import page
from promspec.problems import Level, Place, Problem
from tests.support.generated import sound

SPEC = """
colour = Label("colour", values=["red", "green"])
shop = Label("shop", max_values=5)
spec = Spec("paint", owner="x", metrics=[
    Counter("sold_total", "Sold.", labels=[colour, shop], initialise="never"),
    Histogram("wait_seconds", "Wait.", buckets=[1]),
    Gauge("stock", "Stock.", labels=[colour]),
    Info("build_info", "Build."),
    Counter("odd", "No suffix.", allow={"metric/counter-suffix": "an old name"}),
])
"""


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    return contract_of(sound(SPEC, tmp_path / "spec")[0])


def _coverage(contract: Contract, *pages: str) -> Coverage:
    coverage = Coverage(contract.plan)
    for text in pages:
        coverage.add(read(text.encode()))
    return coverage


def _shown(items: tuple[Item, ...]) -> list[str]:
    return [str(item) for item in items]


def test_what_there_is_to_see_follows_from_the_declarations(contract: Contract) -> None:
    assert _shown(_coverage(contract).unseen) == [
        'sold_total{colour="red"}',
        'sold_total{colour="green"}',
        "sold_total{shop}",
        "wait_seconds",
        'stock{colour="red"}',
        'stock{colour="green"}',
        "build_info",
        "odd",
    ]
    assert _coverage(contract).percent == 0


SOLD = '# TYPE sold_total counter\nsold_total{{colour="{}",shop="a"}} {}\n'
WAIT = '# TYPE wait_seconds histogram\nwait_seconds_bucket{{le="+Inf"}} {0}\nwait_seconds_count {0}\n'


def test_counters_and_histograms_are_seen_above_zero_and_gauges_when_present(contract: Contract) -> None:
    zero = _coverage(contract, SOLD.format("red", 0) + WAIT.format(0) + 'stock{colour="red"} 0\nodd 0\n')
    assert zero.seen == {Item("stock", "colour", "red")}
    one = _coverage(contract, SOLD.format("red", 1) + WAIT.format(1) + "build_info 1\nodd 1\n")
    assert one.seen == {
        Item("sold_total", "colour", "red"),
        Item("sold_total", "shop"),
        Item("wait_seconds"),
        Item("build_info"),
        Item("odd"),
    }
    assert one.percent == 62.5


def test_values_that_are_not_declared_cover_nothing(contract: Contract) -> None:
    assert _coverage(contract, SOLD.format("blue", 5)).percent == 12.5
    assert _coverage(contract, "other_total 5\nsold_total 3\n").percent == 0


def test_scrapes_and_runs_add_up(contract: Contract, tmp_path: Path) -> None:
    first = _coverage(contract, SOLD.format("red", 1), 'stock{colour="red"} 0\n')
    (tmp_path / "first.json").write_text(first.document(), encoding="utf-8")
    second = _coverage(contract, SOLD.format("green", 1))
    second.merge(tmp_path / "first.json")
    assert (second.scrapes, _shown(second.unseen)) == (
        3,
        ["wait_seconds", 'stock{colour="green"}', "build_info", "odd"],
    )
    document = json.loads(second.document())
    assert document["seen"][:2] == [["sold_total", "colour", "red"], ["sold_total", "colour", "green"]]
    (tmp_path / "second.json").write_text(second.document(), encoding="utf-8")
    third = _coverage(contract)
    third.merge(tmp_path / "second.json")
    assert third.document() == second.document()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"form": "promspec-coverage", "spec": "other", "digest": "1", "scrapes": 1, "seen": []}', "of another spec"),
        (
            '{"form": "promspec-coverage", "spec": "paint", "digest": "1", "scrapes": 1, "seen": []}',
            "of another version of paint: run that one anew",
        ),
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "is no coverage that `promspec verify --save` wrote"),
        ('{"form": "promspec-coverage", "spec": "paint", "scrapes": "1", "seen": []}', "is no coverage"),
        ('{"form": "promspec-coverage", "spec": "paint", "scrapes": 1, "seen": [["a"]]}', "is no coverage"),
        ('{"form": "promspec-coverage", "spec": "paint", "scrapes": 1, "seen": [[[], 1, {}]]}', "is no coverage"),
    ],
)
def test_what_cannot_be_merged_is_refused(contract: Contract, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(CoverageError, match=said):
        _coverage(contract).merge(tmp_path / "run.json")
    with pytest.raises(CoverageError, match=r"cannot read .*missing"):
        _coverage(contract).merge(tmp_path / "missing")


def test_a_spec_without_metrics_is_covered(tmp_path: Path) -> None:
    empty = contract_of(sound('spec = Spec("empty", owner="x")', tmp_path / "empty")[0])
    assert _coverage(empty).percent == 100


def test_only_everything_is_a_hundred_percent(tmp_path: Path) -> None:
    label = 'n = Label("n", values=[str(i) for i in range(3000)])'
    text = label + '\nspec = Spec("big", owner="x", metrics=[Gauge("g", "G.", labels=[n])])'
    coverage = Coverage(contract_of(sound(text, tmp_path / "big")[0]).plan)
    coverage.seen = set(coverage.declared[1:])
    assert coverage.percent == 99.9


def test_the_page_escapes_every_text_and_loads_nothing(contract: Contract) -> None:
    evil = '<script>alert("x")</script>'
    problem = Problem("verify/value", Level.ERROR, evil, Place(f"{evil}.py", 3), evil)
    html = page(_coverage(contract, SOLD.format("red", 1)), [problem], True, [evil])
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 4
    assert "http" not in html
    assert "The contract is violated." in html
    assert "Coverage: 25 %" in html
    assert '<td class="unseen">colour=green</td>' in html
    kept = page(_coverage(contract), [], False, [])
    assert "The contract is kept." in kept
    assert "<p>None.</p>" in kept
