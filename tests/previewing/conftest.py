"""What the tests of previews share: a small system with one panel of each kind, its pages, and a day of its samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promspec.files import GeneratedFile
from promspec.pipeline import Compilation, compile_spec
from promspec.previewing.asking import Window, asked
from promspec.previewing.data import NONE, Data
from promspec.previewing.server import Server
from promspec.previewing.site import preview
from tests.support.backfilled import backfill, backfill_rules, serving
from tests.support.processes import Running

END = 1_769_868_000
"""2026-01-31 14:00:00 UTC."""
STEP = 15

SHOP = '''
"""A shop."""
from promspec import *

place = Label("place", "Where.", values=["north", "south"])
status = Label("status", "How it ended.", values=["success", "error"])

class Failure(ErrorCodes):
    TIMEOUT = Code("timeout", help="Too late.", action="Look at the `bank`.", exceptions=["builtins.TimeoutError"])
    OTHER = Code("other", action="Read the log.")

orders = Counter("orders_total", "Finished orders.", labels=[place, status])
errors = Counter("order_errors_total", "Failed orders.", labels=[place, Failure.label])
duration = Histogram("order_duration_seconds", "Time of an order.", labels=[place], buckets=[0.1, 1, 5])
queue = Gauge("queue_bytes", "Waiting.", labels=[place])
state = Gauge("door_state", "1 is open.", labels=[place])
order = Operation("order", "Takes an order.", requests=orders, errors=errors, duration=duration)
burning = Runbook("orders_fail", "Orders fail", summary="What to do when orders fail.",
                  detection={"Which?": f"sum by (code) (rate({errors}[5m]))"},
                  stages=[Stage("0m", "5m", "Look", steps=["Read the **log**."])], causes=["The bank."])
availability = SLO("orders-good", Availability(order), objective=99.5, description="Orders do not fail.",
                   runbook=burning)
slow = Alert("OrdersSlow", f"histogram_quantile(0.9, sum by (le) (rate({duration.bucket}[5m]))) > 2", for_="5m",
             severity=Severity.WARNING, summary="Orders are slow.", runbook=burning,
             description="They take {{ $value | humanizeDuration }}.")
rate = f"sum by (place) (rate({orders}[$__rate_interval]))"
board = Dashboard("Shop", [
    Row("All kinds", [
        Stat("Now", "Orders per second.", f"sum(rate({orders}[$__rate_interval]))", unit="reqps",
             thresholds=[(None, "green"), (100, "red")]),
        GaugePanel("Door", "How open.", f"avg({state})", unit="percentunit",
                   thresholds=[(None, "red"), (0.5, "green")]),
        BarGauge("Queue", "Waiting by place.", Query(f"sum by (place) ({queue})", "{{place}}"), unit="bytes"),
        TimeSeries("Orders", "By place.", Query(rate, "{{place}}"), unit="reqps"),
        TimeSeries("Stacked", "By place, on each other.", Query(rate, "{{place}}"), unit="reqps", stacked=True),
        Heatmap("Durations", "How long.", f"sum by (le) (increase({duration.bucket}[$__rate_interval]))", unit="s"),
        Heatmap("Places", "Waiting by place.", Query(f"sum by (place) ({queue})", "{{place}}"), unit="bytes",
                buckets=False),
        Table("Worst", "Most waiting.", Query(f"sum by (place) ({queue})", "Waiting"), unit="bytes"),
        StateTimeline("Doors", "Open or closed.", Query(f"max by (place) ({state})", "{{place}}"), unit="none",
                      mappings={1: ("open", "green"), 0: ("closed", "red")}),
        TimeSeries("Nothing", "It never failed.", f"sum(rate({errors}[$__rate_interval]))", unit="eps"),
        Text("Words", "What this is.", content="# Read *this*\\n\\n- one\\n- `two`"),
    ]),
], description="All of the shop.", variables=[place], links={"Handbook": "https://example.com/handbook"})
spec = Spec("shop", owner="web", title="The Shop", description="Sells.", error_codes=Failure, operations=[order],
            metrics=[queue, state], slos=[availability], alerts=[slow], dashboards=[board], runbooks=[burning],
            deployment=Deployment("shop", runbook_base_url="https://example.com"))
'''


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Compilation:
    """The shop, compiled."""
    path = tmp_path_factory.mktemp("shop") / "shop.py"
    path.write_text(SHOP.lstrip(), encoding="utf-8")
    compiled = compile_spec(path)
    assert compiled.ok, [f"{problem.place.line}: {problem.summary}" for problem in compiled.problems]
    return compiled


@pytest.fixture(scope="session")
def pages_of() -> Callable[..., dict[str, str]]:
    """The pages of a compiled spec by their files."""

    def make(compiled: Compilation, data: Data = NONE) -> dict[str, str]:
        assert compiled.spec is not None
        assert compiled.plan is not None
        return texts(preview(compiled.spec, compiled.plan, data))

    return make


def texts(files: tuple[GeneratedFile, ...]) -> dict[str, str]:
    """The files by their paths."""
    return {file.path: file.text for file in files}


@pytest.fixture(scope="session")
def prometheus(shop: Compilation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A real Prometheus that holds two hours of the shop, and what its rules recorded."""
    folder = tmp_path_factory.mktemp("prometheus")
    backfill(folder, _samples())
    rules = folder / "recording_rules.yml"
    (text,) = (file.text for file in shop.files if file.path == rules.name)
    rules.write_text(text, encoding="utf-8")
    backfill_rules(folder, rules, END - 7200, END, 1)
    with serving(folder) as server:
        yield server


@pytest.fixture(scope="session")
def data(shop: Compilation, prometheus: Running) -> Data:
    """What that Prometheus answers for the shop's dashboard."""
    assert shop.plan is not None
    return asked(shop.plan.dashboards, Server(prometheus.url), Window(float(END)))


@pytest.fixture(scope="session")
def drawn_pages(
    shop: Compilation, data: Data, pages_of: Callable[..., dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder with the shop's pages, drawn."""
    folder = tmp_path_factory.mktemp("pages")
    for name, text in pages_of(shop, data).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _samples() -> Iterator[str]:
    """North takes 3 orders a second and south 1; 1000 and 500 KiB wait; the south's door closes for half an hour."""
    for at in range(END - 7200, END + 1, STEP):
        since = at - END + 7200
        for place, rate, waiting in (("north", 3, 1_024_000), ("south", 1, 512_000)):
            labels = f'place="{place}",job="shop",instance="shop:8000"'
            yield f'orders_total{{status="success",{labels}}} {since * rate} {at}'
            for bound, part in (("0.1", 0.5), ("1.0", 0.9), ("5.0", 1.0), ("+Inf", 1.0)):
                yield f'order_duration_seconds_bucket{{le="{bound}",{labels}}} {since * rate * part:g} {at}'
            yield f"queue_bytes{{{labels}}} {waiting} {at}"
            closed = place == "south" and 1800 <= END - at < 3600
            yield f"door_state{{{labels}}} {math.floor(not closed)} {at}"
    yield f'promspec_info{{spec="shop",job="shop",instance="shop:8000"}} 1 {END}'
