"""Who waits for which lock, who holds it, and who waits for whom in a circle. Nothing is patched, nothing is called.

A *wait* is read from the frames of a thread that has not moved since the look before: the lock is what the source
spells there, found without running any code of the program. An *owner* is known of an RLock, which tells it, of a
Condition by the lock in it, of a thread that is joined, and of a plain lock if a thread stands within ``with lock:``,
as the exception table of its code says, or between ``lock.acquire()`` and ``lock.release()`` in one function, whichever
way it has come there, and nothing there gives it back early. Semaphores, queues and events have no owner. What is not
known is left out.

A *deadlock* is a circle of such waits, each without a timeout, in which at two looks one after the other no thread has
moved or used a processor. A wait that ends by itself is none, however long it takes.

Limits: a circle through a plain lock that is taken in one function and given back in another, through a queue or a
condition, or through another process is not seen; neither is one through a lock that is reached by a call, or by an
index that is not a constant.
"""

from __future__ import annotations

import _thread
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FrameType, GetSetDescriptorType, MemberDescriptorType, MethodDescriptorType, ModuleType
from typing import Any, Final, NamedTuple

from taskmon.core.stacks.calls import attributes_got, call_at, is_subscript
from taskmon.core.stacks.facts import Activity, ThreadFacts
from taskmon.core.stacks.look import THREADING
from taskmon.core.stacks.variables import variables

_LOCK: Final = _thread.LockType
_OWNER: Final = re.compile(r"owner=(\d+) count=[1-9]")
_WAITS: Final = frozenset({Activity.LOCK, Activity.THREAD})
#: Frames of one thread that are looked through for what it holds.
_DEEPEST: Final = 100


class LockWait(NamedTuple):
    """A thread that waits for a lock, or for another thread to end."""

    name: str
    """The lock as the source of the waiting thread spells it; empty for a join."""
    owner: int | None
    """The thread that holds it, or is waited for, by `threading.get_ident()`; None if that is not known."""
    is_semaphore: bool = False
    """Whether it is one of `multiprocessing`'s, which are acquired by the same call."""


class Deadlock(NamedTuple):
    """Threads that wait for each other and will never go on by themselves."""

    threads: tuple[int, ...]
    """In a circle: each waits for what the next one holds, and the last for the first. By `threading.get_ident()`."""
    names: tuple[str, ...]
    """What each of them waits for."""
    since: float
    """Since when all of them have been seen waiting, in seconds of `time.monotonic()`."""


class Locks(NamedTuple):
    """What one look found."""

    waits: dict[int, LockWait]
    deadlocks: tuple[Deadlock, ...]


def with_locks(ident: int, facts: ThreadFacts, locks: Locks, name_of: Callable[[int], str]) -> ThreadFacts:
    """Return the facts of a thread with the lock that it waits for, who holds it, and the circle it is in."""
    wait = locks.waits.get(ident)
    if wait is None:
        return facts
    holder = "" if wait.owner is None else name_of(wait.owner)
    circle: tuple[str, ...] = ()
    for deadlock in locks.deadlocks:
        if ident in deadlock.threads:
            first = deadlock.threads.index(ident)
            circle = tuple(name_of(one) for one in deadlock.threads[first:] + deadlock.threads[:first])
    activity = Activity.SEMAPHORE if wait.is_semaphore else facts.activity
    return facts._replace(activity=activity, subject=wait.name or facts.subject, holder=holder, circle=circle)


def told_apart(names: Mapping[int, str], facts: Mapping[int, ThreadFacts]) -> dict[int, str]:
    """Return the names of threads; those that several of them bear with the number of the thread, ``worker (4711)``."""
    count = Counter(names.values())
    return {
        ident: numbered(name, facts[ident].native_id) if count[name] > 1 and ident in facts else name
        for ident, name in names.items()
    }


def numbered(name: str, native_id: int | None) -> str:
    """The name of a thread that others bear as well."""
    return name if native_id is None else f"{name} ({native_id})"


class _Wait(NamedTuple):
    name: str
    target: Any
    """The bare lock, or the Thread; None if the lock is not known."""
    is_semaphore: bool = False


class LocksLook:
    """Looks for locks, after each look at the facts. For one thread at a time."""

    def __init__(self) -> None:
        self._circles: frozenset[tuple[int, ...]] = frozenset()
        self._held: dict[int, tuple[float, tuple[int, ...]]] = {}
        """By thread: since when it has been where it is, and the ids of the locks that it holds there."""

    def look(self, facts: Mapping[int, ThreadFacts], frames: Mapping[int, FrameType], now: float) -> Locks:
        """Return who waits for what, of the threads in `facts` that have been at the same place at two looks."""
        waits: dict[int, _Wait] = {}
        places: dict[int, int] = {}
        for ident, known in facts.items():
            if known.activity in _WAITS and known.since < now and (frame := frames.get(ident)) is not None:
                places[ident] = frame.f_lasti
                waits[ident] = _what_it_waits_for(frame)
        wanted = {id(wait.target): wait.target for wait in waits.values() if type(wait.target) is _LOCK}
        holders = self._holders(wanted, facts, frames) if wanted else {}
        told: dict[int, LockWait] = {}
        for ident, wait in waits.items():
            if frames[ident].f_lasti != places[ident]:  # meanwhile it has got what it waited for, and holds that itself
                continue
            told[ident] = LockWait(wait.name, _owner(wait.target, holders), wait.is_semaphore)
        return Locks(told, self._find_deadlocks(told, facts))

    def _holders(
        self, wanted: Mapping[int, Any], facts: Mapping[int, ThreadFacts], frames: Mapping[int, FrameType]
    ) -> dict[int, int]:
        """Return which thread stands in the ``with`` body of which of these plain locks.

        A thread that has not moved holds what it held: its frames, which keep the locks, are the same.
        """
        found: dict[int, int] = {}
        known, self._held = self._held, {}
        for ident, innermost in frames.items():
            since = facts[ident].since if ident in facts else -1.0
            before = known.get(ident)
            held = before[1] if before is not None and before[0] == since > 0 else tuple(_held_by(innermost))
            self._held[ident] = since, held
            for lock in held:
                if lock in wanted and wanted[lock].locked():
                    found.setdefault(lock, ident)
        return found

    def _find_deadlocks(self, waits: Mapping[int, LockWait], facts: Mapping[int, ThreadFacts]) -> tuple[Deadlock, ...]:
        circles: set[tuple[int, ...]] = set()
        for start in waits:
            path = [start]
            while (wait := waits.get(path[-1])) is not None and wait.owner is not None and facts[path[-1]].endless:
                if wait.owner in path:
                    circle = path[path.index(wait.owner) :]
                    first = circle.index(min(circle))
                    circles.add((*circle[first:], *circle[:first]))
                    break
                path.append(wait.owner)
        confirmed = circles & self._circles
        self._circles = frozenset(circles)
        return tuple(
            Deadlock(circle, tuple(waits[ident].name for ident in circle), max(facts[ident].since for ident in circle))
            for circle in sorted(confirmed)
        )


def _what_it_waits_for(frame: FrameType) -> _Wait:
    """Return the lock, or the thread, that the thread with this innermost frame waits for."""
    code = frame.f_code
    if code.co_filename == THREADING:
        this = variables(frame).get("self")
        if code.co_qualname in {"Thread.join", "Thread._wait_for_tstate_lock"}:
            return _Wait("", this)
        outer = frame.f_back
        spelt = call_at(outer.f_code, outer.f_lasti) if outer is not None else ""
        return _Wait(_lock_name(spelt), _bare_lock(this))
    spelt = call_at(code, frame.f_lasti)
    if not spelt:
        return _Wait("", None)
    if "[…]" in spelt:
        name, value = _by_index(frame, frame.f_lasti, _lock_name(spelt))
        return _Wait(name, _bare_lock(value))
    name = _lock_name(spelt)
    value = _resolve(frame, name)
    return _Wait(name, _bare_lock(value), _names_of_class(type(value)) in _SEMAPHORES)


_SEMAPHORES: Final = frozenset(("multiprocessing.synchronize", name) for name in ("Semaphore", "BoundedSemaphore"))


def _lock_name(call: str) -> str:
    return call[5:] if call.startswith("with ") else call.rpartition(".")[0]


def _owner(target: Any, holders: Mapping[int, int]) -> int | None:
    if target is None:
        return None
    if _is_rlock(target):
        found = _OWNER.search(repr(target))  # a type of C's own, which cannot be made to run anything else
        return int(found[1]) if found else None
    if type(target) is _LOCK:
        return holders.get(id(target))
    ident = object.__getattribute__(target, "__dict__").get("_ident")  # of a Thread, beneath its property
    return ident if type(ident) is int else None


def _held_by(innermost: FrameType) -> Iterator[int]:
    """Yield the ids of the plain locks that the thread with this innermost frame is known to hold."""
    given_back = None
    perhaps: set[int] = set()  # may have been given back in a call further in
    for frame in _frames(innermost):
        code = frame.f_code
        if _is_condition_wait(code):
            given_back = _bare_lock(variables(frame).get("self"))
        elif not _BY_CALL.isdisjoint(code.co_names) and code.co_filename != THREADING:
            uses = _uses_of(code)
            named = {name: _resolve(frame, name) for name in uses.names() if name}
            held = {id(lock) for name in uses.held_at(frame.f_lasti) if type(lock := _bare_lock(named[name])) is _LOCK}
            yield from held - perhaps
            if None in named.values() or "" in uses.names():
                return  # whatever is held around this call may have been given back in it
            perhaps |= {id(_bare_lock(value)) for value in named.values()} - held
        for entered in _entered_around(code, frame.f_lasti):
            lock = _bare_lock(_entered_by(frame, entered))
            # Once more: a thread that runs may have left the body meanwhile.
            if lock is given_back or type(lock) is not _LOCK or id(lock) in perhaps:
                continue
            if entered in _entered_around(code, frame.f_lasti):
                yield id(lock)


def _is_condition_wait(code: CodeType) -> bool:
    """Whether it is the function that gives the lock of its Condition back while it waits."""
    return code.co_filename == THREADING and code.co_qualname == "Condition.wait"


def _frames(innermost: FrameType) -> Iterator[FrameType]:
    frame: FrameType | None = innermost
    for _ in range(_DEEPEST):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def _entered_by(frame: FrameType, offset: int) -> Any:
    spelt = call_at(frame.f_code, offset)
    if "[…]" in spelt:
        return _by_index(frame, offset, spelt.removeprefix("with "))[1] if spelt.startswith("with ") else None
    return _resolve(frame, spelt.removeprefix("with ")) if spelt.startswith("with ") else None


def _entered_around(code: CodeType, offset: int) -> tuple[int, ...]:
    """Return where the ``with`` bodies around an instruction were entered, the innermost first."""
    bodies = _known_bodies.get(id(code)) or _note_bodies(code)
    if not bodies.entries:
        return ()
    found = bodies.around.get(offset)
    if found is None:
        found = bodies.around[offset] = tuple(_walk_outwards(bodies, offset))
    return found


class _Uses(NamedTuple):
    """How some code takes and gives back locks by calls."""

    taken: tuple[tuple[int, str], ...]
    """Where ``acquire()`` has returned, without anything that could have had it return in vain, and of which lock."""
    given_back: tuple[tuple[int, str], ...]
    """Where ``release`` is reached for, of which lock; of "" if that is not spelt by names alone."""
    stores: tuple[tuple[int, str], ...]
    """Where variables are assigned to."""
    jumps: tuple[tuple[int, int], ...]
    handlers: tuple[int, ...]
    """Where exceptions are handled."""

    def held_at(self, offset: int) -> list[str]:
        """The locks that are taken on every way to an instruction, and are to be given back behind it."""
        return [name for taken, name in self.taken if taken <= offset and self._is_held(name, taken, offset)]

    def _is_held(self, name: str, taken: int, offset: int) -> bool:
        back = [at for at, of in self.given_back if of in (name, "")]
        parts = name.split(".")
        if not any(at > offset and of == name for at, of in self.given_back):
            return False
        if any(taken < at <= offset for at in (*back, *self.handlers)):
            return False
        if any(taken < at <= offset and of in parts for at, of in self.stores):
            return False
        return not any(
            taken < target <= offset and (origin < taken or any(offset < at < origin for at in back))
            for origin, target in self.jumps
        )

    def names(self) -> set[str]:
        """What is given back anywhere; with "" if that may have been another thing than its name stands for now."""
        names = {name for _, name in self.given_back}
        for name in names:
            stores = [at for at, of in self.stores if of == name.partition(".")[0]]
            if len(stores) > 1 or any(target <= at <= origin for at in stores for origin, target in self.jumps):
                return names | {""}
        return names


_BY_CALL: Final = frozenset({"acquire", "release"})
_known_uses: Final[dict[int, tuple[CodeType, _Uses]]] = {}


def _uses_of(code: CodeType) -> _Uses:
    known = _known_uses.get(id(code))
    if known is not None:
        return known[1]
    import dis

    got = attributes_got(code, _BY_CALL)
    steps = list(dis.get_instructions(code))
    uses = _Uses(
        tuple((at, of) for at, name, of, at_once in got if name == "acquire" and of and at_once),
        tuple((at, of) for at, name, of, _ in got if name == "release"),
        tuple((step.offset, name) for step in steps if step.opname.startswith("STORE_") for name in _stored(step)),
        tuple((step.offset, step.argval) for step in steps if step.opcode in dis.hasjrel or step.opcode in dis.hasjabs),
        tuple(target for _, _, target in (_known_bodies.get(id(code)) or _note_bodies(code)).handlers),
    )
    if len(_known_uses) >= _MOST_BODIES:
        _known_uses.clear()
    _known_uses[id(code)] = code, uses
    return uses


class _Bodies(NamedTuple):
    """What is known of the ``with`` bodies of some code."""

    code: CodeType
    handlers: tuple[tuple[int, int, int], ...]
    """What handles exceptions where: from which offset, up to which, and the offset of the handler."""
    entries: dict[int, int]
    """Of the handlers of ``with``: the instruction that entered the body."""
    around: dict[int, tuple[int, ...]]
    """What was found around an instruction."""


#: By the id of the code, which is its own as long as the code stands here: to hash code takes as long as a look.
_known_bodies: Final[dict[int, _Bodies]] = {}
_MOST_BODIES: Final = 512


def _note_bodies(code: CodeType) -> _Bodies:
    if len(_known_bodies) >= _MOST_BODIES:
        _known_bodies.clear()
    bodies = _known_bodies[id(code)] = _Bodies(code, *_read_bodies(code), {})
    return bodies


def _walk_outwards(bodies: _Bodies, offset: int) -> Iterator[int]:
    # What catches an exception here, what catches one in that handler, and so on outwards.
    for _ in range(2 * len(bodies.handlers)):
        target = next((target for begin, end, target in bodies.handlers if begin <= offset < end), None)
        if target is None:
            return
        if target in bodies.entries:
            yield bodies.entries[target]
        offset = target


def _read_bodies(code: CodeType) -> tuple[tuple[tuple[int, int, int], ...], dict[int, int]]:
    if not code.co_exceptiontable:
        return (), {}
    import dis

    try:
        table = dis._parse_exception_table(code)  # type: ignore[attr-defined]  # nothing else tells it
    except Exception:
        return (), {}
    instructions = list(dis.get_instructions(code))
    place = {instruction.offset: number for number, instruction in enumerate(instructions)}
    first: dict[int, int] = {}
    for entry in table:
        first[entry.target] = min(entry.start, first.get(entry.target, entry.start))
    entered: dict[int, int] = {}
    for target, begin in first.items():
        handler = place.get(target)
        if handler is None or not any(
            step.opname == "WITH_EXCEPT_START" for step in instructions[handler : handler + 3]
        ):
            continue
        # A body in several pieces, around a ``return`` or an inner block, was entered before the first of them.
        for step in reversed(instructions[: place.get(begin, 0)]):
            if step.opname == "BEFORE_WITH" or (step.opname == "LOAD_SPECIAL" and "__exit__" in str(step.argrepr)):
                entered[target] = step.offset
                break
    return tuple((entry.start, entry.end, entry.target) for entry in table), entered


def forget() -> None:
    """Let go of the code that was looked at."""
    _known_bodies.clear()
    _known_uses.clear()


# -- finding an object by its name, without running anything -----------------------------------------------------------


def _resolve(frame: FrameType, name: str) -> Any:
    """Return what dotted names stand for in a frame; None if that cannot be known without running code."""
    head, *rest = name.split(".")
    scope = variables(frame)
    value = scope[head] if head in scope else frame.f_globals.get(head)
    for part in rest:
        if value is None:
            return None
        value = _attribute(value, part)
    return value


_dict_of_class: Final[Callable[[Any], Mapping[str, Any]]] = type.__dict__["__dict__"].__get__
_mro_of: Final[Callable[[Any], tuple[type, ...]]] = type.__dict__["__mro__"].__get__
_dict_of_module: Final[Callable[[Any], dict[str, Any]]] = vars(ModuleType)["__dict__"].__get__
_SLOTS: Final = (MemberDescriptorType, GetSetDescriptorType)


def _attribute(value: Any, name: str) -> Any:
    if type(value) is ModuleType:
        return _dict_of_module(value).get(name)
    if isinstance(value, type):
        bases: tuple[type, ...] = _mro_of(value)
    else:
        bases = _mro_of(type(value))
        own = next((_dict_of_class(base)["__dict__"] for base in bases if "__dict__" in _dict_of_class(base)), None)
        if own is not None and type(own) in _SLOTS:
            names = own.__get__(value)
            if type(names) is dict and name in names:
                return names[name]
    for base in bases:
        entry = _dict_of_class(base).get(name)
        if entry is None:
            continue
        if type(entry) is MemberDescriptorType and not isinstance(value, type):
            try:
                return entry.__get__(value)
            except AttributeError:
                return None
        return None if hasattr(type(entry), "__get__") else entry
    return None


def _by_index(frame: FrameType, offset: int, spelt: str) -> tuple[str, Any]:
    """Return name and value of ``locks[0]`` or ``self.locks[key]`` at an instruction that enters or calls it.

    ("", None) for anything else, and None for the value if it cannot be known. A variable must not be assigned anew
    behind that instruction: it would be another one by now.
    """
    import dis

    box, _, rest = spelt.partition("[…]")
    if rest:
        return "", None
    steps = list(dis.get_instructions(frame.f_code))
    before = [step for step in steps if step.offset < offset][-_NEAR:]
    place = next((number for number in reversed(range(1, len(before))) if is_subscript(before[number])), 0)
    index = before[place - 1] if place else None
    if index is None or not index.opname.startswith(_LOADS):
        return "", None
    key = index.argval[-1] if type(index.argval) is tuple else index.argval  # of two loaded at once, the second
    name = f"{box}[{key}]"
    if not index.opname.startswith(_LOADS[:2]):
        if any(step.opname.startswith("STORE_") and step.offset > offset and key in _stored(step) for step in steps):
            return name, None
        key = _resolve(frame, key)
    held = _resolve(frame, box)
    if type(held) not in {list, tuple, dict} or type(key) not in {int, str}:
        return name, None
    name = f"{box}[{key!r}]"
    try:
        return name, held[key]
    except (LookupError, TypeError):
        return name, None


#: Instructions looked through for an index, before the one that enters what it stands for.
_NEAR: Final = 8
_LOADS: Final = (
    "LOAD_CONST", "LOAD_SMALL_INT", "LOAD_FAST", "LOAD_NAME", "LOAD_GLOBAL", "LOAD_DEREF", "LOAD_CLASSDEREF",
)  # fmt: skip


def _stored(step: Any) -> tuple[Any, ...]:
    return step.argval if type(step.argval) is tuple else (step.argval,)


def _bare_lock(value: Any) -> Any:
    """Return the lock in it: itself, or that of a Condition."""
    if _names_of_class(type(value)) == ("threading", "Condition"):
        value = object.__getattribute__(value, "__dict__").get("_lock")
    return value if type(value) is _LOCK or _is_rlock(value) else None


def _is_rlock(value: Any) -> bool:
    """Whether it is the interpreter's own. By name: in a watched program, modules of ours know another `RLock`."""
    cls = type(value)
    is_in_c = type(_dict_of_class(cls).get("_is_owned")) is MethodDescriptorType
    return is_in_c and _names_of_class(cls) == ("_thread", "RLock")


def _names_of_class(cls: type) -> tuple[object, str]:
    """Return the module and the name of a class, whatever its metaclass says."""
    return _module_of_class(cls), _name_of_class(cls)


_module_of_class: Final[Callable[[Any], object]] = type.__dict__["__module__"].__get__
_name_of_class: Final[Callable[[Any], str]] = type.__dict__["__name__"].__get__
