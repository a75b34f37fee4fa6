"""Series known by example: names, kinds, labels and the values seen; and which values there may be beside them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from promspec.promql import Series, SeriesKind, Values

_STATUSES = tuple(str(code) for code in range(100, 600))
_CLASSES = tuple(f"{digit}xx" for digit in range(1, 6))
_FAMILIES: tuple[frozenset[str], ...] = (
    frozenset((*_STATUSES, "0")),
    frozenset(_CLASSES),
    frozenset((*_STATUSES, *_CLASSES, "0")),
    frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "other", "OTHER")),
    frozenset(
        ("get", "head", "post", "put", "patch", "delete", "connect", "options", "trace", "other", "list", "watch")
    ),
    frozenset(
        (
            *("GET", "LIST", "WATCH", "WATCHLIST", "POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"),
            *("CONNECT", "PROXY", "HEAD", "OPTIONS"),
        )
    ),
    frozenset(
        (
            *("OK", "Canceled", "Cancelled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "Internal"),
            *("AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange"),
            *("Unimplemented", "Unavailable", "DataLoss", "Unauthenticated"),
        )
    ),
    frozenset(("true", "false", "unknown")),
    frozenset(("yes", "no", "unknown")),
)
"""Values of which a system shows only those that have happened: HTTP statuses and methods, gRPC codes, booleans."""
_GOOD = frozenset(("success", "succeeded", "successful", "ok", "completed"))
_BAD = frozenset(("error", "errors", "failure", "failed", "timeout", "canceled", "cancelled", "rejected"))
"""A label that shows nothing but success may show a failure later, though nobody can know by which of these words."""
_OPEN = re.compile(r"kube_\w+_(?:labels|annotations)")
"""Series on each of which other labels stand: those of the object. Source: kube-state-metrics, docs/README.md"""
_OF_TARGETS = frozenset(("job", "instance", "le", "quantile"))
_OF_TIME = frozenset(
    ("time", "timestamp", "expiry", "expires", "expiration", "expire", "created", "last", "since", "until")
)
"""A word of these is in the name of a gauge that holds a point in time."""
_MOST_VALUES = 500


@dataclass(slots=True)
class Example:
    """What was seen of one name; a label that some series lack has the value "" among its own."""

    kind: SeriesKind
    series: int = 0
    labels: dict[str, dict[str, None]] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)
    moments: int = 0
    """Of so many samples the value may be a point in time."""


class Examples:
    """What one or several expositions show. It answers as a registry of series: labels closed, values as `closed`."""

    def __init__(self, closed: bool = False) -> None:
        self._closed = closed
        self._known: dict[str, Example] = {}
        self._histograms: dict[str, None] = {}

    def add(self, name: str, kind: SeriesKind, labels: dict[str, str], value: str = "") -> None:
        """A sample."""
        known = self._known.setdefault(name, Example(kind))
        known.series += 1
        known.moments += _may_be_moment(value)
        for label, value in labels.items():
            known.labels.setdefault(label, {})[value] = None  # an empty value shows that the label may be there
            known.count[label] = known.count.get(label, 0) + 1

    def histogram(self, name: str) -> None:
        """The base name of a histogram."""
        self._histograms[name] = None

    def names(self) -> Sequence[str]:
        """Every name."""
        return tuple(self._known)

    def add_native(self) -> None:
        """Add the native histograms: in the text format such a one shows no bucket but +Inf, beside sum and count.

        Source: https://prometheus.io/docs/specs/native_histograms/#exposition-formats
        """
        for name in self._histograms:
            buckets = self._known.get(f"{name}_bucket")
            if buckets is not None and set(buckets.labels.get("le", ())) == {"+Inf"} and name not in self._known:
                labels = {label: values for label, values in buckets.labels.items() if label != "le"}
                self._known[name] = Example("histogram", buckets.series, labels, dict(buckets.count))

    def histograms(self) -> Collection[str]:
        """The base names of the histograms."""
        return tuple(name for name in self._histograms if name not in self._known)

    def series(self, name: str) -> Series | None:
        """What is certain: the labels, and values only of `le`, of `quantile`, or of everything if it is closed."""
        return self._series(name, seen=self._closed)

    def seen(self, name: str) -> Series | None:
        """The same with the values that were seen, and those that belong to them."""
        return self._series(name, seen=True)

    @property
    def closed(self) -> bool:
        """Whether there are no values but those that were seen."""
        return self._closed

    def _series(self, name: str, seen: bool) -> Series | None:
        known = self._known.get(name)
        if known is None:
            return None
        labels: dict[str, Values] = {}
        for label, values in known.labels.items():
            if label == "le" and known.kind == "histogram_bucket":
                labels[label] = _bounds(values)
            elif seen or (label == "quantile" and known.kind == "summary"):
                labels[label] = self._values(known, label, values)
            else:
                labels[label] = None
        alone = labels.keys() <= _OF_TARGETS  # one series, which is there from the start
        exact = _OPEN.fullmatch(name) is None
        moment = known.moments == known.series and known.kind == "gauge" and bool(_OF_TIME & set(name.split("_")))
        return Series(name, known.kind, labels, exact, True if alone else None, moment)

    def _values(self, known: Example, label: str, values: dict[str, None]) -> Values:
        if len(values) > _MOST_VALUES:
            return None
        absent = ("",) if known.count[label] < known.series and "" not in values else ()
        family = _family({value for value in values if value}) if not self._closed else ()
        return (*values, *sorted(value for value in family if value not in values), *absent)


def _may_be_moment(value: str) -> bool:
    """Whether a value, as seconds since 1970, lies between 2001 and 2100."""
    try:
        return 1e9 < float(value) < 4.1e9
    except ValueError:
        return False


def _family(values: set[str]) -> frozenset[str]:
    """The values that belong to those that were seen."""
    if values and values <= _GOOD:
        return _BAD
    return next((each for each in _FAMILIES if each >= values), frozenset()) if values else frozenset()


def _bounds(values: dict[str, None]) -> tuple[str, ...]:
    """The bounds as seen and as other versions write them: 5 and 5.0."""
    found = dict(values)
    for value in values:
        other = value.removesuffix(".0") if value.endswith(".0") else f"{value}.0" if value.isdigit() else value
        found[other] = None
    return tuple(found)
