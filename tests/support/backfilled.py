"""A real Prometheus over history that promtool backfilled: samples, then what rules would have recorded of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from promspec import promtool
from tests.support.processes import Running, listening


def backfill(folder: Path, lines: Iterable[str]) -> None:
    """Write samples, as lines of OpenMetrics (`series value seconds`), into the database below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "samples.txt"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.write("# EOF\n")
    _run("create-blocks-from", "openmetrics", "--max-block-duration=24h", str(path), str(folder / "tsdb"))
    path.unlink()


def backfill_rules(folder: Path, rules: Path, start: int, end: int, passes: int) -> None:
    """Record what the rules give from `start` to `end`; rules that read recorded series need as many passes."""
    for number in range(passes):
        with serving(folder) as server:
            fresh = folder / f"rules-{number}"
            times = [f"--start={start}", f"--end={end}", "--eval-interval=60s"]
            _run("create-blocks-from", "rules", *times, f"--url={server.url}", f"--output-dir={fresh}", str(rules))
        for block in fresh.iterdir() if fresh.is_dir() else ():
            if (block / "meta.json").is_file():
                block.rename(folder / "tsdb" / block.name)


@contextmanager
def serving(folder: Path, *options: str, rules: Sequence[Path] = ()) -> Iterator[Running]:
    """A Prometheus that scrapes nothing and answers from the database below `folder`; `options` are its own.

    It evaluates the rules of these files, and is silent about results that are older than what it has.
    """
    config = folder / "prometheus.yml"
    config.write_text(json.dumps({"rule_files": [str(path) for path in rules]}), encoding="utf-8")

    def command(port: int) -> list[str]:
        return [
            str(promtool.find("prometheus")),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            "--storage.tsdb.retention.time=10y",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.console.templates=",
            "--web.console.libraries=",
            f"--log.level={'error' if rules else 'warn'}",
            *options,
        ]

    with listening("Prometheus", command, "/-/ready", folder / "prometheus.log") as server:
        yield server


def _run(*arguments: str) -> None:
    subprocess.run([str(promtool.find()), "tsdb", *arguments], check=True, capture_output=True, timeout=600)
