"""Rules on labels: reserved and sensitive names, style, and how many series they make."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promspec.cardinality import label_size, metric_series
from promspec.check.rules import Complaint, View, rule
from promspec.problems import Level
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import Metric

_TARGET = ("job", "instance")
_SENSITIVE = {
    *("email", "mail", "user", "user_id", "userid", "username", "customer_id", "account_id", "password", "token"),
    *("secret", "api_key", "authorization", "cookie", "session", "session_id", "ip", "ip_address", "client_ip"),
    *("url", "uri", "path", "query", "phone", "ssn", "uuid", "guid", "trace_id", "span_id", "request_id"),
    *("correlation_id", "message", "error_message", "exception_message", "stacktrace"),
}
_SERIES_OF_ONE_METRIC = 10_000


@rule("label/reserved", Level.ERROR)
def reserved(view: View) -> Iterator[Complaint]:
    """`job` and `instance` are the target's, `le` a histogram's, `quantile` a summary's."""
    for metric in view.metrics:
        for name in metric.label_names:
            if name in _TARGET:
                text = f"{metric.name} has the label {name}, which Prometheus sets for every target"
                yield metric, text, f"call it otherwise, such as {metric.name.split('_')[0]}_{name}"
            elif name in ("le", "quantile"):
                owner = "histograms" if name == "le" else "summaries"
                yield metric, f"{metric.name} has the label {name}, which {owner} set themselves", "call it otherwise"


@rule("label/style", Level.ERROR)
def style(view: View) -> Iterator[Complaint]:
    """Label names are in snake_case."""
    for label in _own(view):
        if re.search(r"[A-Z]", label.name):
            better = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", label.name).lower()
            yield label, f"the label {label.name} is not in snake_case", f"name it {better}"


@rule("label/sensitive", Level.WARNING)
def sensitive(view: View) -> Iterator[Complaint]:
    """A label holds neither a person's data nor a value of its own for each request."""
    for label in _own(view):
        if label.name in _SENSITIVE and not label.closed:
            text = f"the label {label.name} looks like personal data, or like a value of its own for each request"
            yield label, text, "leave it to the logs, or close the label with values=[…]"


def _own(view: View) -> Iterator[Label]:
    """The labels but those that only external metrics have: nobody here chose their names."""
    own = {id(label) for metric in view.metrics for label in metric.labels}
    foreign = {id(label) for metric in view.each(Metric) if metric.external for label in metric.labels} - own
    return (label for label in view.each(Label) if id(label) not in foreign)


@rule("label/cardinality", Level.WARNING)
def cardinality(view: View) -> Iterator[Complaint]:
    """The labels of one metric make at most 10,000 series in each process."""
    for metric in view.metrics:
        count = metric_series(metric)
        if count > _SERIES_OF_ONE_METRIC and metric.series_budget is None:
            sizes = " x ".join(f"{label_size(label)} {label.name}" for label in metric.labels)
            remedy = "drop a label, list fewer values, or declare what it may cost: series_budget=…"
            yield metric, f"{metric.name} can make {count:,} series ({sizes})", remedy
