"""The promtool, amtool and vmalert binaries behind typed functions: their words become values, their traps failures."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_SECONDS = 60.0
BATCH_SECONDS = 600.0

# Debian ships Alertmanager's binary under a name of its own.
_OTHER_NAMES = {"alertmanager": "prometheus-alertmanager", "prometheus-alertmanager": "alertmanager"}
_PACKAGES = dict.fromkeys(("amtool", *_OTHER_NAMES), "prometheus-alertmanager") | {"vmalert": "victoria-metrics"}
_VERSION = re.compile(r"version v?(\d+)\.(\d+)\.(\d+)")
_RULES_FOUND = re.compile(r"SUCCESS: (\d+) rules found")
_FAILED = re.compile(r"^\s*(?:Checking '.*'\s+)?FAILED:\s*", re.MULTILINE)
_UNMATCHED_GLOB = re.compile(r"^\s*WARNING: no file match pattern", re.MULTILINE)
_CHATTER = re.compile(
    r"Checking |Unit Testing: |SUCCESS|Warning: --config\.file flag|amtool: error: failed to validate|"
    r"WARNING: Unknown (?:option for|feature passed to) --enable-feature"
)
# Lines that belong to the line before them although nothing indents them.
_CONTINUATION = re.compile(r"Metric:|Label\(s\):|Might cause inconsistency|line \d+:")
_FATAL = re.compile(r"^\S+\t(?:fatal|panic)\t\S+\t(?:failed to parse \[.*?\]: )?(.*)", re.MULTILINE | re.DOTALL)
_TEST_NAME = re.compile(r"name: .*,$")
_POSITION = re.compile(r'^([^"\n]+?): (\d+):(\d+): ')
_YAML_ERROR = re.compile(
    r"^(?:parsing YAML file )?(?:(?P<file>\S.*?): )?yaml: (?:unmarshal errors:\n)?(?=\s*line \d+: )"
)
_YAML_LINE = re.compile(r"^\s*line (\d+): ")


class ToolMissing(Exception):
    """A binary is neither on PATH nor in a `.tools/bin` above the working directory."""

    def __init__(self, name: str) -> None:
        package = _PACKAGES.get(name, "prometheus")
        super().__init__(
            f"{name} was not found on PATH nor in .tools/bin. "
            f"Run `make tools`, or install it (Debian, Ubuntu: apt install {package})."
        )
        self.name = name


class ToolFailed(Exception):
    """A binary did not answer: it could not be started, ran out of time, or rejected the question itself."""


@dataclass(frozen=True)
class CheckResult:
    """What a check said.

    `ok` is false whenever the tool printed a failure, whatever its exit code. `rules` counts the rules it loaded:
    compare it with the number written, because a second YAML document or an empty glob is dropped without a word.
    `messages` are the failures and warnings, one each, places first (`rules.yml:5:11: ...`).
    """

    ok: bool
    rules: int = 0
    messages: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """A result is true when the check passed."""
        return self.ok


def find(name: str = "promtool") -> Path:
    """The binary called `name`: from PATH, else from the nearest `.tools/bin` at or above the working directory.

    Raises `ToolMissing`, whose text says how to install it. Example: `find("amtool")`.
    """
    here = Path.cwd()
    names = dict.fromkeys((name, _OTHER_NAMES.get(name, name)))
    for folder in (None, *(str(parent / ".tools" / "bin") for parent in (here, *here.parents))):
        for candidate in names:
            found = shutil.which(candidate, path=folder)
            if found:
                return Path(found).absolute()
    raise ToolMissing(name)


def version(name: str = "promtool") -> tuple[int, int, int]:
    """The release of a binary, for example `(2, 42, 0)`. Raises `ToolFailed` when it does not tell one."""
    done = _run(name, "--version")
    match = _VERSION.search(done.stdout + done.stderr)
    if match is None:
        raise ToolFailed(f"{name} --version did not tell a version: {(done.stdout + done.stderr).strip()!r}")
    return int(match[1]), int(match[2]), int(match[3])


def enabling(features: Sequence[str]) -> tuple[str, ...]:
    """The argument that starts Prometheus with feature flags; one that a release does not know is only warned of."""
    return (f"--enable-feature={','.join(features)}",) if features else ()


def _read_with(features: Sequence[str]) -> tuple[str, ...]:
    """Of the feature flags those that promtool has: how queries are read."""
    return enabling([feature for feature in features if feature.startswith("promql-")])


def check_rules(rules: Path | str, features: Sequence[str] = ()) -> CheckResult:
    """Check a file of rules (a `Path`), or the text of one (a `str`), as a Prometheus with these feature flags does.

    Duplicate rules fail, unlike in promtool's own default, which prints FAILED and exits 0.
    Example: `check_rules("groups: []").ok`.
    """
    if isinstance(rules, Path):
        return _check_file(rules, "promtool", *_read_with(features), "check", "rules", "--lint-fatal")
    with tempfile.TemporaryDirectory(prefix="promspec-") as folder:
        Path(folder, "rules.yml").write_text(rules, encoding="utf-8")
        arguments = (*_read_with(features), "check", "rules", "--lint-fatal", "rules.yml")
        done = _run("promtool", *arguments, cwd=Path(folder))
    return _judge(done, "rules.yml")


def check_config(path: Path, features: Sequence[str] = ()) -> CheckResult:
    """Check a Prometheus configuration and the rule files it names; `rules` sums the rules of all of them."""
    return _check_file(path, "promtool", *_read_with(features), "check", "config", "--lint-fatal")


def check_metrics(text: str) -> CheckResult:
    """Lint an exposition in the Prometheus text format (promtool does not read OpenMetrics). `rules` stays 0."""
    return _judge(_run("promtool", "check", "metrics", text=text), "metrics")


def test_rules(path: Path, features: Sequence[str] = ()) -> CheckResult:  # noqa: PT028
    """Run a file of rule unit tests. A `rule_files` pattern that matches no file fails: nothing would be tested."""
    return _check_file(path, "promtool", *_read_with(features), "test", "rules")


def test_rule_files(paths: Sequence[Path], features: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:  # noqa: PT028
    """Run files of rule unit tests of one folder in one process: by each file's name what failed, nothing if it passed.

    Raises `ToolFailed` if promtool says nothing of a file.
    """
    arguments = (*_read_with(features), "test", "rules", "--", *(path.name for path in paths))
    done = _run("promtool", *arguments, cwd=paths[0].parent, seconds=BATCH_SECONDS, merged=True)
    parts = re.split(r"^Unit Testing:  (.+)$", done.stdout, flags=re.MULTILINE)
    printed = dict(zip(parts[1::2], parts[2::2], strict=True))
    silent = [path.name for path in paths if path.name not in printed]
    if silent:
        raise ToolFailed(f"promtool said nothing of {', '.join(silent)}: {done.stdout.strip()[:500]}")
    found = {}
    for name, text in printed.items():
        ok = "SUCCESS" in text and not _FAILED.search(text) and not _UNMATCHED_GLOB.search(text)
        found[name] = () if ok else tuple(_blocks(text.splitlines())) or ("promtool failed without a word",)
    return found


# pytest would collect this function in every test module that imports it by name.
test_rules.__test__ = False  # type: ignore[attr-defined]


def check_alertmanager(path: Path) -> CheckResult:
    """Check an Alertmanager configuration and the templates it names. `rules` stays 0."""
    return _check_file(path, "amtool", "check-config")


def check_vmalert(*rules: Path) -> CheckResult:
    """Have VictoriaMetrics' vmalert parse files of rules without running them. Without any rule it fails.

    `rules` of the result stays 0: vmalert counts nothing. Example: `check_vmalert(Path("alerting_rules.yml")).ok`.
    """
    # vmalert splits the flag's value at commas and takes quotes off it, so that one path is one quoted value.
    done = _run("vmalert", "-dryRun", *(f"-rule={json.dumps(str(path))}" for path in rules))
    if done.returncode == 0:
        return CheckResult(True)
    fatal = _FATAL.search(done.stderr)
    return CheckResult(False, messages=(fatal[1].strip() if fatal else f"vmalert: exit code {done.returncode}",))


def route(config_path: Path, **labels: str) -> tuple[str, ...]:
    """The receivers an alert with these labels lands at, in the order of the routes.

    Raises `ToolFailed` when the configuration is not valid. A receiver whose name holds a comma reads as two.
    Example: `route(Path("alertmanager.yml"), severity="critical", team="ml")`.
    """
    matchers = [f"{name}={_quoted(value)}" for name, value in labels.items()]
    done = _run("amtool", "config", "routes", "test", f"--config.file={config_path}", "--", *matchers)
    if done.returncode != 0:
        raise ToolFailed("; ".join(_judge(done, str(config_path)).messages))
    return tuple(done.stdout.strip().split(","))


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _check_file(path: Path, name: str, *arguments: str) -> CheckResult:
    return _judge(_run(name, *arguments, "--", str(path)), str(path))


def _run(
    name: str,
    *arguments: str,
    text: str = "",
    cwd: Path | None = None,
    seconds: float | None = None,
    merged: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a binary without a shell, with `text` as its whole input, for so many seconds at most.

    With `merged`, what it says on either stream stands in the order in which it said it.
    """
    limit = TIMEOUT_SECONDS if seconds is None else seconds
    command = [str(find(name)), *arguments]
    try:
        return subprocess.run(
            command,
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            timeout=limit,
            cwd=cwd,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ToolFailed(f"{name} {' '.join(arguments)}: not done within {limit:g} seconds") from error
    except OSError as error:
        raise ToolFailed(f"{name} could not be started: {error.strerror}") from error


def _judge(done: subprocess.CompletedProcess[str], subject: str) -> CheckResult:
    """Believe neither the exit code nor the words alone; `subject` is the file a message without one is about."""
    printed = f"{done.stdout}\n{done.stderr}"
    ok = done.returncode == 0 and not _FAILED.search(printed) and not _UNMATCHED_GLOB.search(printed)
    found = (message for block in _blocks(printed.splitlines()) for message in _placed(block, subject))
    messages = () if ok else tuple(dict.fromkeys(found)) or (f"{subject}: exit code {done.returncode}",)
    return CheckResult(ok, sum(map(int, _RULES_FOUND.findall(printed))), messages)


def _blocks(lines: Iterable[str]) -> Iterator[str]:
    """Leave the chatter out, and join each line with those that continue it: indented deeper, or known to."""
    block: list[str] = []
    indent = 0
    for line in lines:
        words = _FAILED.sub("", line).strip()
        if not words or _CHATTER.match(words):
            continue
        depth = len(line) - len(line.lstrip())
        if block and (depth > indent or _CONTINUATION.match(words) or _TEST_NAME.fullmatch(block[-1])):
            block.append(line.rstrip())
            continue
        if block:
            yield "\n".join(block)
        block, indent = [words], depth
    if block:
        yield "\n".join(block)


def _placed(block: str, subject: str) -> Iterator[str]:
    """Print places the way compilers do, `file:line:column: what`, and every line of a YAML error on its own."""
    yaml_error = _YAML_ERROR.match(block)
    if yaml_error is None:
        message = block.removeprefix("promtool: error: ").removeprefix("amtool: error: ").removesuffix(", try --help")
        yield _POSITION.sub(r"\1:\2:\3: ", message)
        return
    file = yaml_error["file"] or subject
    for line in block[yaml_error.end() :].splitlines():
        yield _YAML_LINE.sub(lambda place: f"{file}:{place[1]}: ", line)
