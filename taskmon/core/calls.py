"""Which call a frame is in, read from its code object: a call into C is no frame of its own.

No source text is needed, so nothing is read from disk. The instructions of one expression share its place in the
source; those that begin where the call begins spell the thing that is called.
"""

from __future__ import annotations

from functools import lru_cache
from types import CodeType
from typing import Any, Final

#: Instructions that call something, in the Pythons from 3.11 on …
_CALLS: Final = frozenset({"CALL", "PRECALL", "CALL_KW", "CALL_FUNCTION_EX", "CALL_METHOD", "CALL_FUNCTION"})
#: … and those that enter a ``with`` block.
_WITHS: Final = frozenset({"BEFORE_WITH", "LOAD_SPECIAL"})
_NAMES: Final = frozenset({
    "LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_DEREF", "LOAD_CLASSDEREF",
})  # fmt: skip
_ATTRIBUTES: Final = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
#: Code objects with more instructions than this are not taken apart.
_LONGEST_CODE: Final = 60_000


@lru_cache(maxsize=512)
def call_at(code: CodeType, offset: int) -> str:
    """Return what the instruction at `offset` calls, such as ``self.sock.recv``; empty if it calls nothing.

    Of ``with lock:`` it is ``with lock``. What is not spelt by names alone, such as ``table[0]()``, stays empty, and so
    does everything in a program that was compiled without positions.
    """
    import dis

    if offset < 0 or len(code.co_code) > _LONGEST_CODE:
        return ""
    instructions = list(dis.get_instructions(code))
    # After a call, the instruction pointer of some versions rests on one of its caches.
    here = max((number for number, found in enumerate(instructions) if found.offset <= offset), default=0)
    before, now = instructions[:here], instructions[here]
    if now.opname in _CALLS:
        return ".".join(_spell(before, now.positions, strict=True))
    if now.opname in _WITHS and before:  # what has just been loaded is entered
        names = _spell(before, before[-1].positions, strict=False)
        return "with " + ".".join(names) if names else ""
    return ""


def _spell(instructions: list[Any], place: Any, *, strict: bool) -> list[str]:
    """Return the names by which the thing at `place` is reached; with `strict`, the thing that is called there."""
    names: list[str] = []
    if place is None or place.lineno is None or place.col_offset is None:
        return names
    begin, end = (place.lineno, place.col_offset), (place.end_lineno, place.end_col_offset)
    for instruction in instructions:
        where = instruction.positions
        if where is None or (where.lineno, where.col_offset) != begin:
            continue
        stops = (where.end_lineno, where.end_col_offset)
        if None in stops or (stops >= end if strict else stops > end):
            continue
        if instruction.opname == "BINARY_SUBSCR" and names:
            names[-1] += "[…]"
        elif instruction.opname in _NAMES:
            names = [str(instruction.argval)]
        elif instruction.opname in _ATTRIBUTES and names:
            names.append(str(instruction.argval))
        elif instruction.opname in _CALLS and names:
            names = []  # what is called here was returned by a call
    return names
