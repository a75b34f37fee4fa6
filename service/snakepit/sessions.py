"""`Sessions`: which session is bound to which worker, and which was not used for too long."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Session:
    """A session; `slot` is the number of its worker's slot, times are monotonic seconds."""

    name: str
    slot: int
    worker_id: str
    created: float
    used: float
    running: int = 0


class Sessions:
    """The sessions of one pool."""

    def __init__(self, ttl: float) -> None:
        self._ttl = ttl
        self._open: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._open)

    def get(self, name: str | None) -> Session | None:
        """The session, if it is open."""
        return None if name is None else self._open.get(name)

    def bind(self, name: str, slot: int, worker_id: str, now: float) -> Session:
        """Open a session."""
        session = Session(name, slot, worker_id, now, now)
        self._open[name] = session
        return session

    def count(self, slot: int) -> int:
        """How many are bound to a slot."""
        return sum(1 for session in self._open.values() if session.slot == slot)

    def expired(self, now: float) -> list[Session]:
        """Close and give those that nobody used for their time to live; one that executes is in use."""
        old = [each for each in self._open.values() if not each.running and now - each.used >= self._ttl]
        return self._close(old)

    def of_slot(self, slot: int) -> list[Session]:
        """Close and give those of a slot."""
        return self._close([session for session in self._open.values() if session.slot == slot])

    def _close(self, sessions: list[Session]) -> list[Session]:
        for session in sessions:
            del self._open[session.name]
        return sessions
