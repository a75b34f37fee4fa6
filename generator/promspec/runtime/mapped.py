"""The files of values: a process writes one, mapped, so that what it counted outlives it; the others read it.

A file is numbers of eight bytes: a header, then the slots of the series. Storing a number is one move of the processor,
and the pages belong to the system: `kill -9` takes nothing away. Who writes a file holds a lock on it, which the system
gives back when the process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
from typing import Final, TypeAlias

SIZE: Final = 8
"""Bytes of a number."""

HEADER: Final = 8
"""Numbers before the first slot, three of them in use."""
PROCESS, LIST, END = 0, 1, 2

ENDING: Final = ".values"
UNFINISHED: Final = ".values.new"
_FIRST_BYTES = 64 * 1024

Numbers: TypeAlias = "memoryview[float]"


def private(slots: int) -> Numbers:
    """Numbers in this process's memory alone, for when there is no file."""
    return memoryview(bytearray((HEADER + slots) * SIZE)).cast("d")


class OwnValues:
    """The file that this process writes. `view` is replaced by a longer mapping of the same pages when it grows."""

    def __init__(self, folder: str, list_id: float) -> None:
        self.name = f"{os.getpid()}-{os.urandom(6).hex()}{ENDING}"
        path = os.path.join(folder, self.name)
        # Under its name only once it is locked: nobody takes it for a dead process's.
        hidden = path.removesuffix(ENDING) + UNFINISHED
        self._file = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        self._identity = _identity(self._file)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._bytes = 0
            self._grow(_FIRST_BYTES)
            self.view[PROCESS], self.view[LIST] = float(os.getpid()), list_id
            os.rename(hidden, path)
        except BaseException:
            os.close(self._file)
            with contextlib.suppress(OSError):
                os.unlink(hidden)
            raise

    def reserve(self, end: int) -> None:
        """Have room for the slots before `end`. Raises `OSError` if the file system is full."""
        if end * SIZE > self._bytes:
            if not self._is_open():
                raise OSError(errno.EBADF, f"{self.name} was closed")
            self._grow(max(end * SIZE, 2 * self._bytes))

    def _is_open(self) -> bool:
        """A process that became a daemon may have closed all its files, and opened others under their numbers."""
        try:
            return _identity(self._file) == self._identity
        except OSError:
            return False

    def _grow(self, size: int) -> None:
        # The space is taken now: storing into a page that a full disk cannot hold would end the process.
        _allocate(self._file, self._bytes, size)
        self.view: Numbers = memoryview(mmap.mmap(self._file, size)).cast("d")
        self._bytes = size

    def leave(self) -> None:
        """Close it, in a forked child: the file stays the parent's."""
        if self._is_open():
            os.close(self._file)


def _identity(file: int) -> tuple[int, int]:
    facts = os.fstat(file)
    return facts.st_dev, facts.st_ino


def _allocate(file: int, start: int, end: int) -> None:
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file, start, end - start)
            return
        except OSError as error:  # Some file systems cannot, and not every C library helps out.
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                raise
    while start < end:
        start += os.pwrite(file, bytes(min(end - start, 1 << 20)), start)


class PeerValues:
    """A file that another process writes, or wrote."""

    def __init__(self, folder: str, name: str) -> None:
        self.name = name
        self._file = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_CLOEXEC)
        self._bytes = 0
        self.view: Numbers = private(0)
        try:
            self.refresh()
        except BaseException:
            os.close(self._file)
            raise

    def refresh(self) -> None:
        """See what was appended since."""
        size = os.fstat(self._file).st_size // SIZE * SIZE
        if size > self._bytes:
            self.view = memoryview(mmap.mmap(self._file, size, access=mmap.ACCESS_READ)).cast("d")
            self._bytes = size

    def is_of(self, list_id: float) -> bool:
        """Whether its slots are those of that list of series."""
        return len(self.view) > HEADER and float(self.view[LIST]) == list_id

    @property
    def process(self) -> int:
        """The process that writes it."""
        return int(self.view[PROCESS])

    def is_alive(self) -> bool:
        """Whether that process runs."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

    def close(self) -> None:
        """Close the file; views of it stay usable."""
        os.close(self._file)
