"""The rules of `promspec verify`, `self-check` and `drift`: their IDs, levels, and why each is."""

from __future__ import annotations

from dataclasses import dataclass

from promspec.problems import Level

_TEXTS = """
verify/unanswered error
Every endpoint that is named answers with an exposition.
What cannot be scraped is not watched: every rule over it is silent, which looks like health.

verify/exposition error
What an endpoint or a file shows can be read: the text format of Prometheus, or OpenMetrics.
Prometheus drops a scrape whole when one line of it cannot be read.

verify/empty error
An exposition holds at least one sample.
An empty page breaks no rule of any family, and promises nothing either.

verify/missing error
What is declared to appear is exposed: always, after its first event, or on an error.
A query over a series that does not exist yields nothing: an alert on it can never fire. Series that are laid
out at zero must all be there from the start. What belongs to an operation must be there once the operation
counted a success, or a failure. `Metric(appears=…)` says when.

verify/undeclared warning
What is exposed is declared; in strict mode this is an error.
What no spec knows has no owner, no bound on its labels, and no rule that is checked against it. The families of
promspec and of the client library are known; `--ignore PREFIX` names others.

verify/type error
A metric has the declared type.
`rate()` of a gauge and a bare counter both give numbers, and both mean nothing.

verify/help error
A metric has the declared help text.
Where help texts differ, two versions of the instrumentation run, or two metrics share one name.

verify/unit error
The unit that an OpenMetrics exposition tells is the declared one.
A value in milliseconds under a threshold in seconds pages at once, or never. The text format tells no unit.

verify/label error
Every series has exactly the declared labels.
`sum by (provider)` over series without that label is one sum of everything.

verify/value error
A closed label has declared values only.
Queries, panels and error budgets name the values that are declared: what counts elsewhere is seen by nobody.

verify/bucket error
A histogram has the declared buckets.
An SLO on latency reads one bucket by its bound: without it the ratio has no numerator.

verify/histogram error
The buckets of a histogram add up: each holds those before it, and +Inf is the count.
A quantile over buckets that do not add up is a number without meaning.

verify/not-a-number error
Values are numbers, and counters and buckets are finite and never negative.
One NaN makes every sum over it NaN, and NaN is never above a threshold.

verify/not-monotonic error
Between two scrapes of one process a counter never falls, and no series of it vanishes.
Prometheus takes a fall for a restart and adds the whole value again: the rate jumps. A changed
`process_start_time_seconds` is a restart, and no fall.

verify/cardinality error
Open labels stay within max_values, and metrics within their series budget.
Series cost memory wherever they are kept, and the sample limit of the scrape refuses all when there are too
many.

verify/twice error
No family and no series is exposed twice.
Prometheus keeps one of the two values, or refuses the scrape.

verify/digest error
The process runs the instrumentation that this spec generates.
Rules and dashboards of a newer spec ask for series that an older instrumentation does not have.

verify/heartbeat warning
The process shows the heartbeat of the spec, promspec_info; in strict mode this is an error.
Without it nobody can tell a process that is idle from one that is not instrumented. Instrumentation that was
not generated can show it too.

verify/required error
The label values that `--require` names are exposed.
A provider that is not configured is not counted, and looks like one that has no errors.

verify/counter error
A request that is driven moves a counter.
Instrumentation that is imported and never called exposes everything, at zero, for ever.

verify/mapping error
Every exception is mapped to a declared error code, and as many codes and errors are exposed as are asked for.
What no code maps counts under the fallback code: the table of errors says internal_error, and nobody knows whose it
is. Only `promspec self-check` judges it.

drift/unanswered error
Every server that is named answers as what it is said to be.
What cannot be asked may run anything.

drift/group-missing error
Every rule group of the spec is loaded.
An alert that is not loaded does not fire, and nothing says so.

drift/rule-missing error
Every rule of the spec is loaded, in its group.
An alert that is not loaded does not fire, and nothing says so.

drift/rule-unknown warning
A group of the spec has no other rules than those of the spec.
A rule that somebody added by hand is lost at the next deployment.

drift/rule-differs error
A loaded rule means what the spec says: its query, labels, annotations, `for` and its group's interval.
Spelling does not matter: queries are compared by their syntax trees. What was changed on the server works until the
next deployment, or was never deployed.

drift/rule-health error
Every rule of the spec is evaluated without an error.
A rule that fails yields nothing: an alert of it is silent.

drift/target-missing error
Prometheus has targets of the spec's job.
Rules over a job that nobody scrapes are silent, apart from those on absence.

drift/target-down error
Every target of the spec's job answers its scrapes.
What is not scraped is not watched.

drift/route error
Alertmanager routes, inhibits and notifies as the spec says.
Who is woken is decided there: a route that was changed by hand sends pages elsewhere.

drift/dashboard-missing error
Every dashboard of the spec is in Grafana, under its uid.
Links in alerts lead to it.

drift/dashboard-differs error
A dashboard is as it is generated; what Grafana adds of its own does not count.
What is changed by hand is lost when it is sent again, and its queries are checked by nobody.
"""


@dataclass(frozen=True, slots=True)
class LiveRule:
    """A rule: its ID, its level, the sentence that documents it, and why it is."""

    id: str
    level: Level
    summary: str
    why: str


def _rule(text: str) -> LiveRule:
    head, summary, why = text.strip().split("\n", 2)
    id, level = head.split()
    return LiveRule(id, Level(level), summary, " ".join(why.split()))


RULES: dict[str, LiveRule] = {rule.id: rule for rule in map(_rule, _TEXTS.strip().split("\n\n"))}
"""Every rule by its ID."""


NEVER = frozenset({"verify/unanswered", "verify/exposition", "verify/empty", "drift/unanswered"})
"""What cannot be allowed: with it nothing is known."""


def live_catalogue(family: str = "") -> list[tuple[str, Level, str]]:
    """ID, level and summary of every rule (or those of `verify` or `drift`), in the order of IDs."""
    return sorted((rule.id, rule.level, rule.summary) for rule in RULES.values() if rule.id.startswith(family))


def live_page(rule: LiveRule) -> str:
    """The page of a rule as Markdown."""
    commands = "`promspec drift`" if rule.id.startswith("drift/") else "`promspec verify` and `promspec self-check`"
    ending = f"A rule of {commands}: what runs is held to it, not the spec."
    if rule.id not in NEVER:
        ending += f'\n\n`allow={{"{rule.id}": "why"}}` on the declaration, on what holds it, or on the spec accepts it.'
    return f"# {rule.id}\n\n**{rule.level}**: {rule.summary}\n\n{rule.why}\n\n{ending}\n"
