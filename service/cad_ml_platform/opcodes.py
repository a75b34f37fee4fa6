"""What a pickle would do, found without running it: the opcodes that import or call something."""

from __future__ import annotations

import pickletools
from typing import Literal

Mode = Literal["audit", "blocklist", "allowlist"]
MODES: tuple[Mode, ...] = ("audit", "blocklist", "allowlist")

_RUNS_CODE = "GLOBAL STACK_GLOBAL REDUCE INST OBJ NEWOBJ NEWOBJ_EX BUILD EXT1 EXT2 EXT4 PERSID BINPERSID"
_IS_DATA = (
    "PROTO FRAME STOP MARK EMPTY_DICT EMPTY_LIST EMPTY_TUPLE DICT LIST TUPLE TUPLE1 TUPLE2 TUPLE3 APPEND APPENDS "
    "SETITEM SETITEMS MEMOIZE PUT BINPUT LONG_BINPUT GET BINGET LONG_BINGET NONE NEWTRUE NEWFALSE INT "
    "BININT BININT1 BININT2 LONG1 BINFLOAT UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8"
)
DANGEROUS = frozenset(_RUNS_CODE.split())
PLAIN = frozenset(_IS_DATA.split())
_STORES = ("PUT", "BINPUT", "LONG_BINPUT")


class BrokenPickle(ValueError):
    """The bytes are no pickle, or one made to exhaust whoever reads it."""


def scan(data: bytes, mode: Mode) -> tuple[str, ...]:
    """The opcodes of a pickle that the mode objects to, each once, in order. Raises `BrokenPickle`.

    `blocklist` and `audit` object to what can run code, `allowlist` to all but plain data.

    >>> import pickle
    >>> scan(pickle.dumps({"a": [1, 2.5]}), "allowlist")
    ()
    """
    found: dict[str, None] = {}
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name in _STORES and isinstance(argument, int) and argument > len(data):
                raise BrokenPickle("a memo index beyond the file")
            objected = opcode.name not in PLAIN if mode == "allowlist" else opcode.name in DANGEROUS
            if objected:
                found[opcode.name] = None
    except BrokenPickle:
        raise
    except Exception as error:
        raise BrokenPickle(f"no pickle: {type(error).__name__}") from None
    return tuple(found)
