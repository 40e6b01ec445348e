"""What can be told of a function without its source: on which object it uses an attribute."""

from __future__ import annotations

import opcode
import sys
import types
from typing import Final

_OPS: Final = opcode.opmap
_ATTRIBUTES: Final = frozenset(
    _OPS[name] for name in ("LOAD_ATTR", "STORE_ATTR", "DELETE_ATTR", "LOAD_METHOD") if name in _OPS
)
_LOAD_ATTR: Final = _OPS["LOAD_ATTR"]
#: Loads of one local variable, and of two at once: the number of the last one is in the low four bits.
_LOADS: Final = frozenset(_OPS[name] for name in ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW") if name in _OPS)
_LOADS_OF_TWO: Final = frozenset(
    _OPS[name]
    for name in ("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW", "STORE_FAST_LOAD_FAST")
    if name in _OPS
)
_SKIPPED: Final = frozenset(_OPS[name] for name in ("CACHE", "EXTENDED_ARG", "NOP", "PUSH_NULL") if name in _OPS)
_EXTENDED: Final = _OPS["EXTENDED_ARG"]
#: Since Python 3.12 the lowest bit of LOAD_ATTR says whether a method is called.
_SHIFT: Final = 1 if sys.version_info >= (3, 12) else 0


def is_of_self(code: types.CodeType, name: str) -> bool:
    """Whether a function uses an attribute of that name on its first parameter alone. False if that is not seen."""
    if name not in code.co_names:
        return False
    index = code.co_names.index(name)
    raw = code.co_code
    extended = 0
    on_self = seen = False
    for position in range(0, len(raw), 2):
        op, low = raw[position], raw[position + 1]
        if op == _EXTENDED:
            extended = (extended | low) << 8
            continue
        argument, extended = extended | low, 0
        if op in _SKIPPED:
            continue
        if op in _ATTRIBUTES and (argument >> _SHIFT if op == _LOAD_ATTR else argument) == index:
            if not on_self:
                return False
            seen = True
        on_self = (op in _LOADS and argument == 0) or (op in _LOADS_OF_TWO and argument & 15 == 0)
    return seen
