"""Labelled situations of a service with an objective of 99.9 % over 30 days: what happens, and who must be told when.

The service counts `requests_total` and `errors_total`. A label says what has to come of it: a page within so long of
the beginning of the trouble, a ticket, or nothing. All traffic is written as rates per second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from promspec.quantities import milliseconds
from tests.slo_corpus.notation import At, Gap, Part, counter, gauge, single

FAST = ("15s", "30s")
SLOW = ("1m", "4m")
"""Scrape and evaluation; the slow one is for what takes days."""
HOURS = 30 * 24
OUTAGE = 30 * 86_400 * 0.001
"""The hours of the period, and the seconds of total outage that its budget allows."""


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """`page` and `ticket` are what must happen: within so long of `begins`; "" never, "any" either way.

    `remains` is the share of the budget that is truly left in the end, where it is worth telling: 30 days of the usual
    traffic may fail for 43 minutes and 12 seconds, and before the situation all was well.
    """

    name: str
    series: dict[str, str]
    lasts: str
    page: str = ""
    ticket: str = ""
    begins: str = "0s"
    scrape: str = FAST[0]
    evaluation: str = FAST[1]
    remains: float | None = None


def instance(
    requests: Sequence[Part],
    errors: Sequence[Part] | None = None,
    *,
    name: str = "a",
    version: str = "1",
    up: Sequence[Part] | None = None,
    interval: str = FAST[0],
    value: float = 0,
) -> dict[str, str]:
    """The series of one instance; without `errors` it has never had one. It is up while its requests are scraped."""
    labels = f'job="shop",instance="{name}"'
    seen = [part if isinstance(part, Gap) else At(part.lasts, 1) for part in requests] if up is None else up
    beats = [part if isinstance(part, Gap) or part.rate == 1 else Gap(part.lasts) for part in seen]
    found = {
        f'requests_total{{{labels},version="{version}"}}': counter(requests, interval, value),
        f"up{{{labels}}}": gauge(seen, interval),
        f'promspec_info{{{labels},spec="shop",version="1",digest="d"}}': gauge(beats, interval),
    }
    if errors is not None:
        found[f'errors_total{{{labels},version="{version}"}}'] = counter(errors, interval)
    return found


def steady(lasts: str, rate: float = 10) -> list[Part]:
    """The same rate all the time."""
    return [At(lasts, rate)]


def _of(ratio: float, rate: float, before: str, trouble: str, after: str = "") -> list[Part]:
    """Errors: none, then a share of the requests, then none."""
    parts: list[Part] = [At(before, 0), At(trouble, ratio * rate)]
    return [*parts, At(after, 0)] if after else parts


def _burn(name: str, ratio: float, lasts: str, **expected: Any) -> Situation:
    """An hour of clean traffic, then this share of the requests fails until the end."""
    total = f"{milliseconds(lasts) // 60_000 + 60}m"
    series = instance(steady(total), _of(ratio, 10, "1h", lasts))
    return Situation(name, series, total, begins="1h", **expected)


def _days(name: str, errors: list[Part], lasts: str, remains: float | None = None, **expected: Any) -> Situation:
    """What takes days, at the slow clock."""
    series = instance(steady(lasts), errors, interval=SLOW[0])
    scrape, evaluation = SLOW
    return Situation(name, series, lasts, scrape=scrape, evaluation=evaluation, remains=remains, **expected)


def _rare(name: str, requests: list[Part], errors: list[Part], lasts: str, **expected: Any) -> Situation:
    """Single requests, in whole numbers."""
    found = instance(requests, errors)
    texts = iter((requests, errors))
    rare = {key: single(next(texts), FAST[0]) for key in found if key.startswith(("requests", "errors"))}
    return Situation(name, {**found, **rare}, lasts, **expected)


def _gone(lasts: str) -> Gap:
    return Gap(lasts, stale=True)


_EVERY_TEN_MINUTES = 1 / 600

_NOBODY = [
    Situation("healthy traffic", instance(steady("2h"), steady("2h", 0)), "2h", remains=1),
    Situation(
        "errors at half the rate that the budget allows",
        instance(steady("2h"), steady("2h", 0.005)),
        "2h",
        remains=1 - 0.5 * 2 / HOURS,
    ),
    Situation("healthy, and no error series yet", instance(steady("2h")), "2h", remains=1),
    Situation("no traffic since the start", instance(steady("2h", 0), steady("2h", 0)), "2h", remains=1),
    Situation(
        "20 minutes without traffic, then healthy",
        instance([At("40m", 10), At("20m", 0), At("1h", 10)], steady("2h", 0)),
        "2h",
        remains=1,
    ),
    _rare(
        "a quiet night: one good request in ten minutes",
        [At("2h", _EVERY_TEN_MINUTES)],
        [At("2h", 0)],
        "2h",
    ),
    _rare(
        "one failure in a quiet night",
        [At("3h", _EVERY_TEN_MINUTES)],
        [At("2h", 0), At("15s", 1 / 15), At("59m45s", 0)],
        "3h",
    ),
    Situation(
        "a blip: 30 s of outage",
        instance(steady("2h"), _of(1, 10, "1h", "30s", "59m30s")),
        "2h",
        remains=1 - 30 / OUTAGE,
    ),
    Situation(
        "a blip: a tenth of the requests fails for 3 minutes",
        instance(steady("2h"), _of(0.1, 10, "1h", "3m", "57m")),
        "2h",
        remains=1 - 18 / OUTAGE,
    ),
    Situation(
        "a restart resets the counters",
        instance([At("1h", 10), At("1h", 10, reset=True)], [At("1h", 0.002), At("1h", 0.002, reset=True)]),
        "2h",
        remains=1 - 0.2 * 2 / HOURS,
    ),
    Situation(
        "a restart resets a counter full of old errors",
        instance([At("1h", 10), At("1h", 10, reset=True)])
        | {'errors_total{job="shop",instance="a",version="1"}': "5000x239 0x240"},
        "2h",
        remains=1,
    ),
    Situation(
        "three scrapes are missed",
        instance([At("1h", 10), Gap("45s"), At("59m15s", 10)], steady("2h", 0)),
        "2h",
        remains=1,
    ),
    Situation(
        "one of two instances is not scraped for 20 minutes",
        instance([At("40m", 10), Gap("20m"), At("1h", 10)], steady("2h", 0))
        | instance(steady("2h"), steady("2h", 0), name="b"),
        "2h",
        remains=1,
    ),
    Situation(
        "one of two instances vanishes, the other serves",
        instance([At("1h", 10), _gone("1h")], [At("1h", 0), _gone("1h")])
        | instance(steady("2h"), steady("2h", 0), name="b"),
        "2h",
        remains=1,
    ),
    Situation(
        "a release: other labels on every series",
        instance([At("1h", 10), _gone("1h")], [At("1h", 0), _gone("1h")])
        | instance([Gap("1h"), At("1h", 10)], [Gap("1h"), At("1h", 0)], name="b", version="2"),
        "2h",
        remains=1,
    ),
    Situation(
        "a hundredfold spike of traffic without errors",
        instance([At("1h", 1), At("10m", 100), At("50m", 1)], steady("2h", 0)),
        "2h",
        remains=1,
    ),
    Situation(
        "a hundredfold spike with half the errors that the budget allows",
        instance([At("1h", 1), At("10m", 100), At("50m", 1)], [At("1h", 0.0005), At("10m", 0.05), At("50m", 0.0005)]),
        "2h",
        remains=1 - 0.5 * 2 / HOURS,
    ),
    _days("three days at 0.8 times the rate that the budget allows", steady("3d", 0.008), "3d", 1 - 0.8 * 72 / HOURS),
    _days(
        "a minute every day in which half of the requests fail",
        [At("12h", 0), *[At("1m", 5), At("23h59m", 0)] * 2, At("1m", 5), At("11h59m", 0)],
        "3d",
        1 - 90 / OUTAGE,
    ),
]

_TOLD = [
    _burn("a total outage", 1, "30m", page="2m", ticket="any"),
    _burn("half of the requests fail", 0.5, "30m", page="3m", ticket="any"),
    _burn("a twentieth of the requests fails", 0.05, "40m", page="20m", ticket="any"),
    _burn("a fiftieth of the requests fails", 0.02, "1h", page="50m", ticket="any"),
    _burn("a hundredth of the requests fails", 0.01, "4h", page="3h45m", ticket="any"),
    Situation(
        "an outage whose error series is born with it",
        instance(steady("1h30m"), [Gap("1h"), At("30m", 10)]),
        "1h30m",
        page="2m",
        ticket="any",
        begins="1h",
    ),
    Situation(
        "an outage of ten minutes, then healthy",
        instance(steady("2h"), _of(1, 10, "1h", "10m", "50m")),
        "2h",
        page="2m",
        ticket="any",
        begins="1h",
        remains=1 - 600 / OUTAGE,
    ),
    Situation(
        "an outage of an hour, which spends the budget",
        instance(steady("3h"), _of(1, 10, "1h", "1h", "1h")),
        "3h",
        page="2m",
        ticket="1h",
        begins="1h",
        remains=1 - 3600 / OUTAGE,
    ),
    Situation(
        "an outage right after an hour without traffic",
        instance([At("30m", 10), At("1h", 0), At("30m", 10)], [At("1h30m", 0), At("30m", 10)]),
        "2h",
        page="2m",
        ticket="any",
        begins="1h30m",
    ),
    _rare(
        "an outage at one request a minute",
        [At("2h", 1 / 60)],
        [At("1h", 0), At("1h", 1 / 60)],
        "2h",
        page="4m",
        ticket="any",
        begins="1h",
    ),
    Situation(
        "an outage in a hundredfold spike of traffic",
        instance([At("1h", 1), At("30m", 100)], [At("1h", 0), At("30m", 100)]),
        "1h30m",
        page="2m",
        ticket="any",
        begins="1h",
    ),
    Situation(
        "an outage of a process that restarts every two minutes",
        instance(
            [At("1h", 10), *[At("2m", 10, reset=True)] * 15],
            [At("1h", 0), *[At("2m", 10, reset=True)] * 15],
        ),
        "1h30m",
        page="2m",
        ticket="any",
        begins="1h",
    ),
    Situation(
        "a release that fails everything, with other labels",
        instance([At("1h", 10), _gone("30m")], [At("1h", 0), _gone("30m")])
        | instance([Gap("1h"), At("30m", 10)], [Gap("1h"), At("30m", 10)], name="b", version="2"),
        "1h30m",
        page="2m",
        ticket="any",
        begins="1h",
    ),
    Situation(
        "the service is gone: every scrape fails",
        instance([At("1h", 10), _gone("30m")], [At("1h", 0), _gone("30m")], up=[At("1h", 1), At("30m", 0)]),
        "1h30m",
        page="2m",
        begins="1h",
    ),
    Situation(
        "the service is gone from discovery: no series is left",
        instance([At("1h", 10), _gone("30m")], [At("1h", 0), _gone("30m")]),
        "1h30m",
        page="2m",
        begins="1h",
    ),
    Situation(
        "another program answers the scrapes",
        instance([At("1h", 10), _gone("30m")], up=[At("1h30m", 1)])
        | {
            'promspec_info{job="shop",instance="a",spec="shop",version="1",digest="d"}': gauge(
                [At("1h", 1), _gone("30m")], FAST[0]
            )
        },
        "1h30m",
        ticket="6m",
        begins="1h",
    ),
    _days(
        "five times the rate that the budget allows", [At("12h", 0), At("18h", 0.05)], "30h", ticket="16h", begins="12h"
    ),
    _days(
        "1.5 times the rate that the budget allows", [At("12h", 0), At("60h", 0.015)], "72h", ticket="54h", begins="12h"
    ),
]

SITUATIONS = (*_NOBODY, *_TOLD)
