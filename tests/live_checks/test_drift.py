"""What is deployed beside what is generated: a real Prometheus and Alertmanager; Grafana and a ruler as fakes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from promspec import promtool
from promspec.cli.app import app
from promspec.live.comparing import differences
from promspec.live.same_query import same_query
from promspec.live_rules import live_catalogue
from tests.conftest import ROOT
from tests.live_checks.fakes import Fake, fake
from tests.live_checks.servers import Reply, site
from tests.support.processes import listening, wait_until
from tests.support.prometheus_api import Prometheus

SPEC = "spec/snakepit.py"
OUTPUT = ROOT / "output" / "snakepit"
RULES = ("recording_rules.yml", "alerting_rules.yml")


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def drift(*arguments: str, spec: str = SPEC) -> list[tuple[str, str]]:
    """ID and message of each difference; the exit code is 1 exactly where there is an error."""
    result = run("drift", spec, *arguments, "--retries", "0", "--format", "json")
    document = json.loads(result.stdout)
    assert result.exit_code == (1 if document["errors"] else 0)
    return [(problem["id"], problem["message"]) for problem in document["problems"]]


@contextmanager
def _prometheus(folder: Path, output: Path, target: str, edit: dict[str, tuple[str, str]]) -> Iterator[str]:
    """A real one that runs the generated configuration, with rule files edited: file -> (before, after)."""
    (folder / "deployment").mkdir(parents=True)
    for name in RULES:
        text = (output / name).read_text(encoding="utf-8")
        before, after = edit.get(name, ("", ""))
        assert before in text
        (folder / name).write_text(text.replace(before, after, 1) if before else text, encoding="utf-8")
    config = yaml.safe_load((output / "deployment" / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"]["scrape_interval"] = "1s"
    config["scrape_configs"][0]["static_configs"] = [{"targets": [target]}]
    (folder / "deployment" / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")

    def command(port: int) -> list[str]:
        file = folder / "deployment" / "prometheus.yml"
        return [
            *(str(promtool.find("prometheus")), f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}"),
            *(f"--web.listen-address=127.0.0.1:{port}", "--web.console.templates=", "--web.console.libraries="),
        ]

    with listening("Prometheus", command, "/-/ready", folder / "log") as running:
        api = Prometheus(running.url)
        wait_until(lambda: "" if {each["health"] for each in api.targets()} & {"up", "down"} else "not scraped", 30)
        yield running.url
        api.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["snakepit", "cad_ml_platform"])
def test_a_prometheus_that_runs_what_is_generated_has_not_drifted(name: str, tmp_path: Path) -> None:
    with site({"/metrics": Reply(b"up_and_well 1\n")}) as target:
        address = target.url.removeprefix("http://")
        with _prometheus(tmp_path / "p", ROOT / "output" / name, address, {}) as url:
            assert drift("--prometheus", url, spec=f"spec/{name}.py") == []
            text = run("drift", f"spec/{name}.py", "--prometheus", url)
    assert (text.exit_code, text.stdout) == (0, "No problems.\n")


@pytest.mark.slow
def test_what_was_changed_on_a_prometheus_is_told(tmp_path: Path) -> None:
    alerts = yaml.safe_load((OUTPUT / "alerting_rules.yml").read_text(encoding="utf-8"))["groups"]
    records = yaml.safe_load((OUTPUT / "recording_rules.yml").read_text(encoding="utf-8"))["groups"]
    alert, record = alerts[0]["rules"][0], records[0]["rules"][0]
    added = f"- record: by:hand:sum\n        expr: sum(up)\n      - record: {record['record']}"
    edits = {
        "alerting_rules.yml": ("severity: critical", "severity: info"),
        "recording_rules.yml": (f"- record: {record['record']}", added),
    }
    with _prometheus(tmp_path / "p", OUTPUT, "127.0.0.1:1", edits) as url:
        found = drift("--prometheus", url)
    ids = {id for id, _ in found}
    assert ids == {"drift/rule-differs", "drift/rule-unknown", "drift/target-down"}, found
    said = dict(found)
    assert said["drift/rule-differs"].endswith(', and differs in its labels: labels.severity is "info", not "critical"')
    group = records[0]["name"]
    assert said["drift/rule-unknown"] == f"the group {group} has the rule by:hand:sum, which the spec does not declare"
    assert said["drift/target-down"].startswith("the target 127.0.0.1:1 of the job snakepit is down: ")
    assert "connection refused" in said["drift/target-down"]
    assert alert["alert"]


@pytest.mark.slow
def test_groups_that_are_not_loaded_and_jobs_nobody_scrapes_are_told_at_their_declarations(tmp_path: Path) -> None:
    with site({"/metrics": Reply(b"up_and_well 1\n")}) as target:
        address = target.url.removeprefix("http://")
        with _prometheus(tmp_path / "p", OUTPUT, address, {}) as url:
            document = json.loads(
                run("drift", "spec/cad_ml_platform.py", "--prometheus", url, "--format", "json").stdout
            )
    missing = [each for each in document["problems"] if each["id"] == "drift/group-missing"]
    names = [group["name"] for name in RULES for group in _groups("cad_ml_platform", name)]
    assert len(missing) == len(names)
    lines = Path("spec/cad_ml_platform.py").read_text(encoding="utf-8").split("\n")
    first = next(each for each in missing if "the group cad_ml_error_rates with" in each["message"])
    assert " = rate_rule(" in lines[first["line"] - 1]
    assert {each["id"] for each in document["problems"]} == {"drift/group-missing", "drift/target-missing"}


def _groups(spec: str, name: str) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml.safe_load((ROOT / "output" / spec / name).read_text("utf-8"))["groups"]
    return groups


RULE = {"name": "a", "type": "recording", "query": "up", "health": "ok", "labels": {}}
SMALL = """
from promspec import Counter, Deployment, RecordingRule, Spec
jobs = Counter("jobs_total", "Jobs.")
one = RecordingRule("job:jobs:rate", f"sum by (job) (rate({jobs}[5m]))", group="jobs", interval="30s")
two = RecordingRule("job:jobs:more", "job:jobs:rate * 2", group="jobs", interval="30s")
where = Deployment("small", absence_alerts=False)
spec = Spec("small", owner="x", metrics=[jobs], recording_rules=[one, two], deployment=where)
"""


def _small(tmp_path: Path, rules: list[dict[str, Any]], interval: float = 30, **target: Any) -> list[tuple[str, str]]:
    """The drift of a small spec from what a server answers."""
    (tmp_path / "small.py").write_text(SMALL)
    group = {"name": "jobs", "interval": interval, "rules": rules}
    targets = [{"labels": {"job": "small", "instance": "a:1"}, "health": "up", **target}]
    pages = {
        "/api/v1/rules": {"status": "success", "data": {"groups": [group]}},
        "/api/v1/targets": {"status": "success", "data": {"activeTargets": targets}},
    }
    replies = {path: Reply(json.dumps(page).encode(), type="application/json") for path, page in pages.items()}
    with site(dict(replies)) as held:
        return drift("--prometheus", held.url, spec=str(tmp_path / "small.py"))


ONE = {**RULE, "name": "job:jobs:rate", "query": "sum by (job) (rate(jobs_total[5m]))"}
TWO = {**RULE, "name": "job:jobs:more", "query": "job:jobs:rate * 2"}


def test_each_kind_of_drift_of_rules_is_told_apart(tmp_path: Path) -> None:
    assert _small(tmp_path, [ONE, TWO]) == []
    assert _small(tmp_path, [{**ONE, "query": "sum(rate(jobs_total[300s])) by(job)"}, TWO]) == []
    other = _small(tmp_path, [{**ONE, "query": "sum by (job) (rate(jobs_total[1m]))"}, TWO])
    text = "the rule job:jobs:rate is loaded, and differs in its query: loaded is sum by (job) (rate(jobs_total[1m]))"
    assert other == [("drift/rule-differs", text)]
    labelled = _small(tmp_path, [{**ONE, "labels": {"team": "web"}}, TWO])
    text = "the rule job:jobs:rate is loaded, and differs in its labels: labels.team is too much"
    assert labelled == [("drift/rule-differs", text)]
    assert _small(tmp_path, [ONE]) == [("drift/rule-missing", "the rule job:jobs:more is not loaded in the group jobs")]
    assert _small(tmp_path, [TWO, ONE]) == [
        ("drift/rule-differs", "the rules of the group jobs are loaded in another order: they run one after the other")
    ]
    slow = _small(tmp_path, [ONE, TWO], interval=60)
    assert slow == [("drift/rule-differs", "the group jobs is evaluated every 60 s, not every 30s")]
    failing = _small(tmp_path, [{**ONE, "health": "err", "lastError": "many\x1b[2J"}, TWO])
    assert failing == [("drift/rule-health", "the rule job:jobs:rate fails: many\\x1b[2J")]
    down = _small(tmp_path, [ONE, TWO], health="down", lastError="refused")
    assert down == [("drift/target-down", "the target a:1 of the job small is down: refused")]
    gone = _small(tmp_path, [ONE, TWO], labels={"job": "other"})
    assert gone == [("drift/target-missing", "there is no target of the job small")]


def test_a_server_that_answers_nonsense_is_one_problem(tmp_path: Path) -> None:
    pages = [
        b"{}",
        b"[]",
        b"<html>",
        b'{"status": "success", "data": 5}',
        b'{"status": "success", "data": {"groups": [5]}}',
    ]
    for page in pages:
        with site(
            {"/api/v1/rules": Reply(page), "/api/v1/targets": Reply(page), "/api/v2/status": Reply(page)}
        ) as held:
            ids = {id for id, _ in drift("--prometheus", held.url, "--alertmanager", held.url)}
            assert ids <= {"drift/unanswered", "drift/group-missing", "drift/target-missing"}
            assert "drift/unanswered" in ids
    nobody = drift("--prometheus", "http://127.0.0.1:1", "--grafana", "http://127.0.0.1:1")
    assert {id for id, _ in nobody} == {"drift/unanswered"}
    assert all("cannot reach http://127.0.0.1:1/api/" in text for _, text in nobody)


@contextmanager
def _alertmanager(folder: Path, output: Path, before: str = "", after: str = "") -> Iterator[str]:
    folder.mkdir()
    text = (output / "alertmanager.yml").read_text(encoding="utf-8")
    assert before in text
    (folder / "alertmanager.yml").write_text(text.replace(before, after, 1) if before else text, encoding="utf-8")
    (folder / "alertmanager.tmpl").write_bytes((output / "alertmanager.tmpl").read_bytes())

    def command(port: int) -> list[str]:
        return [
            *(str(promtool.find("alertmanager")), f"--config.file={folder / 'alertmanager.yml'}"),
            *(
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ),
        ]

    with listening("Alertmanager", command, "/-/ready", folder / "log") as running:
        yield running.url


@pytest.mark.slow
@pytest.mark.parametrize("name", ["snakepit", "cad_ml_platform"])
def test_a_real_alertmanager_is_compared_by_what_its_configuration_means(name: str, tmp_path: Path) -> None:
    output = ROOT / "output" / name
    with _alertmanager(tmp_path / "same", output) as url:
        assert drift("--alertmanager", url, spec=f"spec/{name}.py") == []
    with _alertmanager(tmp_path / "other", output, 'severity="critical"', 'severity="fatal"') as url:
        found = drift("--alertmanager", url, spec=f"spec/{name}.py")
    assert [id for id, _ in found] == ["drift/route"]
    assert found[0][1].startswith("in Alertmanager route is not as in the spec: route.routes[")
    assert '"severity=\\"fatal\\""' in found[0][1]


@pytest.fixture
def server() -> Iterator[Fake]:
    with ExitStack() as ends:
        yield ends.enter_context(fake())


def test_dashboards_are_pushed_compared_and_pushed_again(server: Fake) -> None:
    uids = {json.loads(path.read_text())["uid"]: path for path in OUTPUT.glob("dashboards/*.json")}
    assert {id for id, _ in drift("--grafana", server.url)} == {"drift/dashboard-missing"}
    dry = run("push", SPEC, "--grafana", server.url)
    assert (dry.exit_code, f"{len(uids)} changes to send, with --apply." in dry.stdout) == (0, True)
    assert "--- loaded/" in dry.stdout
    assert server.dashboards == {}
    sent = run("push", SPEC, "--grafana", server.url, "--folder-uid", "pit", "--apply")
    assert (sent.exit_code, f"{len(uids)} changes sent." in sent.stdout) == (0, True)
    assert set(server.dashboards) == set(uids)
    assert set(server.folders.values()) == {"pit"}
    assert drift("--grafana", server.url) == []
    assert run("push", SPEC, "--grafana", server.url).stdout == "Nothing differs.\n"
    uid = next(iter(uids))
    server.dashboards[uid]["panels"][1]["title"] = "By hand"
    ((id, text),) = drift("--grafana", server.url)
    assert (id, 'panels[1].title is "By hand", not' in text) == ("drift/dashboard-differs", True)
    diff = run("push", SPEC, "--grafana", server.url).stdout
    assert '-      "title": "By hand",' in diff
    assert diff.endswith("1 change to send, with --apply.\n")
    run("push", SPEC, "--grafana", server.url, "--apply")
    assert drift("--grafana", server.url) == []


def test_rules_are_pushed_to_a_ruler_group_by_group(server: Fake) -> None:
    names = {group["name"] for name in RULES for group in _groups("snakepit", name)}
    dry = run("push", SPEC, "--ruler", server.url)
    assert f"{len(names)} changes to send" in dry.stdout
    assert not server.namespaces
    assert run("push", SPEC, "--ruler", server.url, "--apply").exit_code == 0
    assert set(server.namespaces) == {"snakepit"}
    written = {group["name"]: group for name in RULES for group in _groups("snakepit", name)}
    assert server.namespaces["snakepit"] == written
    assert {type for method, _, type in server.asked if method == "POST"} == {"application/yaml"}
    assert run("push", SPEC, "--ruler", server.url).stdout == "Nothing differs.\n"
    server.namespaces["snakepit"]["by-hand"] = {"name": "by-hand", "rules": []}
    name = next(iter(names))
    server.namespaces["snakepit"][name]["interval"] = "77s"
    again = run("push", SPEC, "--ruler", server.url, "--apply")
    assert again.stdout == f"update rule group {name}\n1 change sent.\n"
    pruned = run("push", SPEC, "--ruler", server.url, "--prune", "--apply")
    assert pruned.stdout == "delete rule group by-hand\n1 change sent.\n"
    assert server.namespaces["snakepit"] == written
    other = run("push", SPEC, "--ruler", server.url, "--namespace", "a/b", "--apply")
    assert (other.exit_code, set(server.namespaces)) == (0, {"snakepit", "a/b"})


def test_what_a_server_says_as_it_refuses_is_told_in_printable_words_without_the_password(server: Fake) -> None:
    server.refuse, server.words = 400, "limit 20\x1b[31m for ada:s3cret, YWRhOnMzY3JldA==, not s3cret"
    url = server.url.replace("http://", "http://ada:s3cret@")
    result = run("push", SPEC, "--ruler", url, "--apply")
    assert result.exit_code == 1
    assert "answers 400 Bad Request: limit 20\\x1b[31m for …:…, …, not …\n" in result.output
    assert "s3cret" not in result.output


def test_a_server_that_refuses_is_1(server: Fake) -> None:
    server.refuse = 403
    result = run("push", SPEC, "--grafana", server.url, "--apply")
    assert (result.exit_code, "answers 403 Forbidden" in result.output) == (1, True)
    nobody = run("push", SPEC, "--ruler", "http://127.0.0.1:1", "--retries", "0")
    assert (
        nobody.exit_code,
        "cannot reach http://127.0.0.1:1/prometheus/config/v1/rules/snakepit" in nobody.output,
    ) == (1, True)


@pytest.mark.parametrize("command", ["drift", "push"])
def test_wrong_usage_is_2_and_a_broken_spec_1(command: str, tmp_path: Path) -> None:
    assert (run(command, SPEC).exit_code, "name wh" in run(command, SPEC).output) == (2, True)
    assert run(command, SPEC, "--grafana", "localhost:3000").exit_code == 2
    broken = tmp_path / "broken.py"
    broken.write_text(SMALL.replace('"jobs_total"', '"jobs"'))
    result = run(command, str(broken), "--grafana", "http://127.0.0.1:1")
    assert (result.exit_code, "metric/counter-suffix" in result.output) == (1, True)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("rate(x[60s])", "rate(x[1m])", True),
        ('x{a="1",b="2"}', "x{b='2', a='1'}", True),
        ("sum(x) by (a, b)", "sum by (b,a) (x)", True),
        ("a + (b * c)", "a + b * c", True),
        ("(a + b) * c", "a + b * c", False),
        ("0.50 < x", "0.5 < x", True),
        ('{__name__="x"}', "x", True),
        ("x offset 60s", "x offset 1m", True),
        ("a / on (b, c) d", "a / on (c, b) d", True),
        ("a / on (b) d", "a / ignoring (b) d", False),
        ("x > 1", "x >= 1", False),
        ("x > bool 1", "x > 1", False),
        ("sum(x)", "sum(y)", False),
        ("sum by (a) (x)", "sum without (a) (x)", False),
        ("rate(x[1m])", "irate(x[1m])", False),
        ("not a (query", "not a (query", True),
        ("not a (query", "x", False),
    ],
)
def test_queries_are_the_same_by_what_they_mean(left: str, right: str, same: bool) -> None:
    assert same_query(left, right) is same
    assert same_query(right, left) is same


def test_structures_differ_only_in_what_is_wanted() -> None:
    wanted = {
        "a": 1,
        "wait": "1h",
        "matchers": ["b", "a"],
        "routes": [{"x": 1}],
        "receivers": [{"name": "n", "k": "v"}],
    }
    found = {"a": 1, "wait": "60m", "matchers": ["a", "b"], "routes": [{"x": 1, "y": 2}], "more": 5}
    assert list(differences(wanted, {**found, "receivers": [{"name": "o"}, {"name": "n", "k": "<secret>"}]})) == []
    assert list(differences(wanted, {**found, "a": 2, "routes": [], "receivers": []})) == [
        "a is 2, not 1",
        "routes has 0 entries, not 1",
        "receivers has no n",
    ]
    assert list(differences({"a": {"b": 1}}, {})) == ["a is not there"]
    assert list(differences({"a": None}, {})) == []


def test_every_rule_of_drift_is_broken_by_some_test() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    for id, _, _ in live_catalogue("drift"):
        assert f'"{id}"' in text, id


def test_a_server_that_is_another_one_is_told_with_what_to_name() -> None:
    with site({}) as held:
        result = run("drift", SPEC, "--prometheus", held.url, "--alertmanager", held.url, "--retries", "0")
    assert result.exit_code == 1
    for what, path in (("Prometheus", "/api/v1/rules"), ("Alertmanager", "/api/v2/status")):
        assert f"{held.url}{path} answers 404 Not Found [drift/unanswered]" in result.stdout
        assert f"  = name the address of {what}, with the path before its /api if it has one" in result.stdout
