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
#: … and those that enter a ``with`` block. Since 3.14 that is a call like others, of what this has loaded.
_WITHS: Final = frozenset({"BEFORE_WITH", "LOAD_SPECIAL"})
#: … and what is between a thing and its being entered.
_WHILE_ENTERED: Final = frozenset({"BEFORE_ASYNC_WITH", "LOAD_SPECIAL", "SWAP", "COPY"})
#: What may wait: calls, and what gets the next line of a file or loads a module.
_MAY_WAIT: Final = _CALLS | _WITHS | {"FOR_ITER", "IMPORT_NAME"}
_NAMES: Final = frozenset({
    "LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW", "LOAD_DEREF", "LOAD_CLASSDEREF",
})  # fmt: skip
#: Two in one; the first of them has the place in the source.
_TWO_NAMES: Final = frozenset({"LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW"})
#: Also two in one, of which the second is the name; it has the place of the first, so what follows tells where it was.
_STORE_AND_NAME: Final = "STORE_FAST_LOAD_FAST"
_ATTRIBUTES: Final = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_SUPERS: Final = frozenset({"LOAD_SUPER_ATTR", "LOAD_SUPER_METHOD"})
_SUBSCRIPTS: Final = frozenset({"BINARY_SUBSCR", "BINARY_SLICE"})
#: Code objects with more instructions than this are not taken apart.
_LONGEST_CODE: Final = 60_000


@lru_cache(maxsize=512)
def call_at(code: CodeType, offset: int) -> str:
    """Return what the instruction at `offset` calls, such as ``self.sock.recv``; empty if it calls nothing.

    Of ``with lock:`` it is ``with lock``. What is not spelt by names alone, such as ``table[0]()``, stays empty, and so
    does everything in a program that was compiled without positions.
    """
    if offset < 0 or len(code.co_code) > _LONGEST_CODE:
        return ""
    instructions, here = _up_to(code, offset)
    before, now = instructions[:here], instructions[here]
    enters = now.opname in _WITHS or (bool(before) and before[-1].opname == "LOAD_SPECIAL")
    if now.opname in _CALLS and not enters:
        return "" if _leaves_a_with(before, now) else ".".join(_spell(before, now.positions, strict=True))
    if enters and before:  # what has just been loaded is entered
        names = _spell_entered(before, now)
        return "with " + ".".join(names) if names else ""
    return ""


@lru_cache(maxsize=512)
def may_wait_at(code: CodeType, offset: int) -> bool:
    """Whether the instruction at `offset` may wait for something: it calls, named or not, or asks for a next item."""
    if offset < 0 or len(code.co_code) > _LONGEST_CODE:
        return True
    instructions, here = _up_to(code, offset)
    return instructions[here].opname in _MAY_WAIT


def attributes_got(code: CodeType, wanted: frozenset[str]) -> list[tuple[int, str, str, bool]]:
    """Return where code gets one of these attributes, which, of what, and whether it does no more than to call it.

    That is, without arguments, and without a look at what that returns: then it is where it has returned. What it is an
    attribute of is as the source spells it, empty where that is by more than names.
    """
    found: list[tuple[int, str, str, bool]] = []
    instructions = list(_dis().get_instructions(code))
    for number, got in enumerate(instructions):
        if got.opname in _ATTRIBUTES and got.argval in wanted:
            names = _spell(instructions[: number + 1], got.positions, strict=False)
            spelt = (
                ".".join(names[:-1]) if names[-1:] == [got.argval] and not any("[" in name for name in names) else ""
            )
            after = [step for step in instructions[number + 1 : number + 5] if step.opname not in _BETWEEN_CALLS][:2]
            at_once = [step.opname for step in after] == ["CALL", "POP_TOP"] and not after[0].arg
            found.append(((after[1] if at_once else got).offset, got.argval, spelt, at_once))
    return found


#: What may stand between an attribute and its call.
_BETWEEN_CALLS: Final = frozenset({"PRECALL", "PUSH_NULL", "NOP"})


def _up_to(code: CodeType, offset: int) -> tuple[list[Any], int]:
    """Return the instructions, and the number of the one at `offset`."""
    instructions = list(_dis().get_instructions(code))
    # After a call, the instruction pointer of some versions rests on one of its caches.
    return instructions, max((number for number, found in enumerate(instructions) if found.offset <= offset), default=0)


def _dis() -> Any:
    import dis  # only where somebody looks closely

    return dis


def _spell_entered(before: list[Any], now: Any) -> list[str]:
    """Return the names of what is entered at `now`; none for one of two, ``this if that else it``."""
    while len(before) > 1 and (before[-1].opname in _WHILE_ENTERED or before[-2].opname == "LOAD_SPECIAL"):
        now = before.pop()
    return [] if now.is_jump_target else _spell(before, before[-1].positions, strict=False)


#: How far before its place an ``await`` says what it awaits, and what is between the two.
_AWAIT_STEPS: Final = 5
_WHILE_AWAITED: Final = frozenset({"SEND", "YIELD_VALUE", "LOAD_CONST", "RESUME"})
_ENTERS, _LEAVES = 1, 2  # what GET_AWAITABLE is told that it serves


@lru_cache(maxsize=512)
def awaited_at(code: CodeType, offset: int) -> str:
    """Return what a coroutine that stands at `offset` awaits, as the source spells it: ``queue.get``, ``self.done``.

    Of ``async with lock:`` it is ``lock`` while it is entered. Empty where no name is spelt, or it stands at no await.
    """
    if offset < 0 or len(code.co_code) > _LONGEST_CODE:
        return ""
    instructions, here = _up_to(code, offset)
    for number in range(here, max(0, here - _AWAIT_STEPS), -1):
        name = instructions[number].opname
        if name == "GET_AWAITABLE":
            before, serves = instructions[:number], instructions[number].arg
            break
        if name not in _WHILE_AWAITED:
            return ""
    else:
        return ""
    if serves == _LEAVES or not before:
        return ""
    if serves == _ENTERS:
        names = _spell_entered(before, instructions[number])
    elif instructions[number].is_jump_target:  # one of two
        names = []
    elif before[-1].opname in _CALLS:
        names = _spell(before[:-1], before[-1].positions, strict=True)
    else:
        names = _spell(before, before[-1].positions, strict=False)
    return ".".join(names).removeprefix("asyncio.")


def forget() -> None:
    """Let go of the code that was looked at."""
    call_at.cache_clear()
    may_wait_at.cache_clear()
    awaited_at.cache_clear()


def _leaves_a_with(before: list[Any], call: Any) -> bool:
    """Whether it is the call at the end of a ``with`` block: its arguments are nowhere in the source."""
    return bool(before) and before[-1].opname == "LOAD_CONST" and before[-1].positions == call.positions


def _spell(instructions: list[Any], place: Any, *, strict: bool) -> list[str]:
    """Return the names by which the thing at `place` is reached; with `strict`, the thing that is called there."""
    names: list[str] = []
    if place is None or place.lineno is None or place.col_offset is None:
        return names
    begin, end = (place.lineno, place.col_offset), (place.end_lineno, place.end_col_offset)
    stored_and = ""
    for instruction in instructions:
        where = instruction.positions
        loaded, stored_and = stored_and, ""
        if where is None or (where.lineno, where.col_offset) != begin:
            if instruction.opname == _STORE_AND_NAME:
                stored_and = str(instruction.argval[1])
            continue
        names = names or ([loaded] if loaded else [])
        stops = (where.end_lineno, where.end_col_offset)
        if None in stops or (stops >= end if strict else stops > end):
            continue
        if is_subscript(instruction) and names:
            names[-1] += "[…]"
        elif instruction.opname in _NAMES:
            names = [str(instruction.argval)]
        elif instruction.opname in _TWO_NAMES:
            names = [str(instruction.argval[0])]
        elif instruction.opname in _SUPERS:
            names = ["super()", str(instruction.argval)]
        elif instruction.opname in _ATTRIBUTES and names:
            names.append(str(instruction.argval))
        elif instruction.opname in _CALLS and names:
            names = []  # what is called here was returned by a call
    return names


def is_subscript(instruction: Any) -> bool:
    """Whether an instruction gets a thing by its index or key."""
    # Since 3.14 it is an operator among others.
    name = instruction.opname
    return name in _SUBSCRIPTS or (name == "BINARY_OP" and instruction.argrepr == "[]")
