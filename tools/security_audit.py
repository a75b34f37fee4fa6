"""The security audit: known holes in dependencies, dangerous code, exposed secrets. `make security-audit` runs it.

Each part is a tool of others: pip-audit, bandit, detect-secrets. What none of them can look at is said.

Exit codes, the first that applies: 3 an exposed secret or a critical hole, 4 any other hole in a dependency,
6 dangerous code, 1 a part could not be done (`--offline` leaves out what asks the network), 0 nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CODE = ("generator", "service", "spec", "tools", "output")
TEXTS = (*CODE, "docs", ".github", "README.md", "CONTRIBUTING.md", "Makefile", "pyproject.toml")
CRITICAL, VULNERABLE, DANGEROUS, UNDONE = 3, 4, 6, 1
_SEVERITIES = "https://api.osv.dev/v1/vulns/"
_PATIENCE = 600
_LEFT_OUT = ("--exclude-lines", r"^\s*>>> |digest[\"']?\s*[:=]", "--exclude-files", r"manifest\.json$|/rule_tests/")
"""Of the search for secrets: examples, digests, and series of numbers."""
_NOT_ASKED = "nobody could be asked about it"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: which part found it, its exit code, where, what, and what to do. `code` 0 is for information."""

    part: str
    code: int
    where: str
    what: str
    remedy: str = ""


class PartFailed(Exception):
    """A tool that gave no answer, and why."""


def dependencies(audit: Any, severity: Callable[[str], str]) -> list[Finding]:
    """What pip-audit's JSON says; `severity` gives CRITICAL, HIGH, … of an advisory, or the empty text."""
    found = []
    for package in audit["dependencies"]:
        name = f"{package['name']} {package.get('version', '')}".strip()
        if "skip_reason" in package:
            found.append(Finding("dependencies", UNDONE, name, _NOT_ASKED, "run the audit where PyPI can be reached"))
        for hole in package.get("vulns", ()):
            ids = (hole["id"], *hole.get("aliases", ()))
            critical = any(severity(id) == "CRITICAL" for id in ids)
            fixed = ", ".join(hole.get("fix_versions", ()))
            remedy = f"update to {fixed}" if fixed else "no version mends it yet: see the advisory"
            what = f"{', '.join(ids)}{' (critical)' if critical else ''}"
            found.append(Finding("dependencies", CRITICAL if critical else VULNERABLE, name, what, remedy))
    return found


def code(report: Any) -> list[Finding]:
    """What bandit's JSON says, of medium and high severity."""
    found = [
        Finding("code", UNDONE, error["filename"], error["reason"], "bandit could not read it")
        for error in report.get("errors", ())
    ]
    for result in report["results"]:
        if result["issue_severity"] in ("MEDIUM", "HIGH"):
            where = f"{result['filename']}:{result['line_number']}"
            remedy = f"mend it, or say why it is right: # nosec {result['test_id']} - reason"
            found.append(Finding("code", DANGEROUS, where, f"{result['issue_text']} [{result['test_id']}]", remedy))
    return found


def secrets(report: Any) -> list[Finding]:
    """What detect-secrets' JSON says. The secret itself is never shown."""
    remedy = "revoke it and take it out; of an example: # pragma: allowlist secret"
    return [
        Finding("secrets", CRITICAL, f"{file}:{result['line_number']}", result["type"], remedy)
        for file, results in sorted(report["results"].items())
        for result in results
    ]


def verdict(findings: Sequence[Finding]) -> int:
    """The exit code of all findings together."""
    codes = {finding.code for finding in findings}
    return next((code for code in (CRITICAL, VULNERABLE, DANGEROUS, UNDONE) if code in codes), 0)


def osv_severity(id: str) -> str:
    """The severity that OSV's database names for an advisory; empty if it does not answer."""
    try:
        with urllib.request.urlopen(f"{_SEVERITIES}{id}", timeout=10) as answer:  # nosec B310 - an address of our own
            document = json.loads(answer.read(5_000_000))
    except (OSError, ValueError):
        return ""
    return str(document.get("database_specific", {}).get("severity", "")).upper()


def _json(root: Path, *command: str) -> Any:
    """What a tool prints or writes as JSON of a tree; `{out}` in the command stands for a file that it writes."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        words = [word.replace("{out}", str(out)) for word in command]
        try:
            done = subprocess.run(
                [sys.executable, "-m", *words], cwd=root, capture_output=True, text=True, check=False, timeout=_PATIENCE
            )
            return json.loads(out.read_text(encoding="utf-8") if out.exists() else done.stdout)
        except subprocess.TimeoutExpired:
            raise PartFailed(f"{command[0]} did not end within {_PATIENCE} s") from None
        except ValueError:
            said = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
            raise PartFailed(f"{command[0]} gave no report: {said}") from None


def _audit(root: Path, offline: bool) -> list[Finding]:
    pinned = ("pip_audit", "-r", "constraints.txt", "--no-deps", "--disable-pip", "--progress-spinner", "off")
    texts, code_folders = ([name for name in names if (root / name).exists()] for names in (TEXTS, CODE))
    parts: dict[str, Callable[[], list[Finding]]] = {
        "secrets": lambda: secrets(_json(root, "detect_secrets", "scan", "--no-verify", *_LEFT_OUT, *texts)),
        "dependencies": lambda: dependencies(_json(root, *pinned, "--format", "json", "-o", "{out}"), osv_severity),
        "code": lambda: code(_json(root, "bandit", "-q", "-r", *code_folders, "-f", "json", "-o", "{out}")),
    }
    found: list[Finding] = []
    for name, part in parts.items():
        if offline and name == "dependencies":
            found.append(Finding(name, 0, "constraints.txt", "not looked at: --offline"))
            continue
        try:
            found += part()
        except PartFailed as error:
            found.append(Finding(name, UNDONE, name, str(error), "install it: make security-audit does"))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit, show what was found, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--offline", action="store_true", help="leave out what asks the network: the dependencies")
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree that is audited")
    options = parser.parse_args(arguments)
    found = _audit(options.root, options.offline)
    exit_code = verdict(found)
    if options.json:
        print(json.dumps({"exit_code": exit_code, "findings": [asdict(finding) for finding in found]}, indent=2))
        return exit_code
    for finding in found:
        print(
            f"{finding.part}: {finding.where}: {finding.what}" + (f"\n    = {finding.remedy}" if finding.remedy else "")
        )
    counted = sum(finding.code != 0 for finding in found)
    print(f"{counted} finding{'s' if counted != 1 else ''}; exit code {exit_code}" if counted else "Nothing was found.")
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
