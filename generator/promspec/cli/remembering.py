"""`compiled(path)`: a spec compiled with the proofs that earlier runs found, kept in `.promspec_cache` beside the user.

The folder may be removed at any time: it saves seconds and decides nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from promspec.cli.clock import today
from promspec.pipeline import Compilation, compile_spec
from promspec.proofs.memory import Memory

CACHE = Path(".promspec_cache")
_IGNORED = "# promspec's; to be removed at any time\n*\n"


def compiled(path: Path) -> Compilation:
    """What `compile_spec` gives, sooner."""
    file = CACHE / f"{path.stem}-{hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:12]}.json"
    known = _read(file)
    memory = Memory(known)
    found = compile_spec(path, today(), memory)
    if found.ok and memory.used != known:
        _write(file, memory.used)
    return found


def _read(file: Path) -> dict[str, Any]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(file: Path, used: dict[str, Any]) -> None:
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    with contextlib.suppress(OSError):  # Such as a folder that only may be read: the next run seeks again.
        CACHE.mkdir(exist_ok=True)
        (CACHE / ".gitignore").write_text(_IGNORED, encoding="utf-8")
        temporary.write_text(json.dumps(used), encoding="utf-8")
        os.replace(temporary, file)
