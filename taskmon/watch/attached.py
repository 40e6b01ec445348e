"""Watching a program that has been running for a while, and letting it go again. In a thread of ours.

The hooks are put in place first; then, what they would have noted is found in the program. So nothing falls between,
and all else is as under ``taskmon run``.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Any, Final

from taskmon import paths
from taskmon.core.stacks.frames import current_frames
from taskmon.core.stacks.variables import variables
from taskmon.watch import start
from taskmon.watch.hooks.patching import report
from taskmon.watch.hooks.raw_threads import OWN, REQUEST, enter
from taskmon.watch.start import Watch
from taskmon.watch.thread_fields import active_threads, fields_of

#: Seconds within which our threads have to end.
_LAST: Final = 3.0


def obey(words: Mapping[str, str], library: Any, quiet: tuple[list[Any], list[Any]]) -> str:
    """Do what `taskmon.attach` wants; return what came of it, as a word and a line for people.

    `library` is where the modules of taskmon come from; `quiet` are filters of warnings, and those among them that keep
    quiet of forks until now.
    """
    enter(REQUEST)
    try:
        if start.current is not None and not start.current.attached:
            return "started by us\n"
        if words["want"] == "detach":
            return _detach()
        return _attach(words, library, quiet)
    finally:
        OWN.discard(threading.get_ident())


def _attach(words: Mapping[str, str], library: Any, quiet: tuple[list[Any], list[Any]]) -> str:
    if start.current is not None:
        return "already\n"
    paths.use_runtime_folder(words["runtime"])
    watch = Watch(words, library, began=time.monotonic() - _age_of_program())
    try:
        watch.begin(lambda: _adopt_all(watch))
    except BaseException:
        watch.end(_LAST)
        raise
    start.fork_warning.take_over(*quiet)
    return "attached\n"


def _detach() -> str:
    watch = start.current
    if watch is None:
        return "not attached\n"
    if not watch.end(_LAST):
        return "detached\na thread of taskmon is still at work, and will end by itself\n"
    return "detached\n"


def _adopt_all(watch: Watch) -> None:
    for adopt in (_adopt_threads, _adopt_pools, _adopt_bars):
        try:
            adopt(watch)
        except Exception as error:
            report(error)


def _guarded(adopt: Callable[..., object], *what: object) -> None:
    """One odd object does not keep the others from being shown."""
    try:
        adopt(*what)
    except Exception as error:
        report(error)


def _adopt_threads(watch: Watch) -> None:
    hook = watch.hooks.threads
    noted = {id(record.thread()) for record in list(hook.new)}
    main = threading.main_thread()
    for thread in list(threading._active.values()):  # type: ignore[attr-defined]
        if thread is not main and type(thread) is not threading._DummyThread and id(thread) not in noted:
            _guarded(hook.adopt, thread, _age_of(fields_of(thread).get("_native_id")))


def _adopt_pools(watch: Watch) -> None:
    processes = watch.hooks.process_pools
    for thread in list(active_threads().values()):
        if processes is not None and "pending_work_items" in fields_of(thread):
            _guarded(processes.adopt, thread)
    module = sys.modules.get("concurrent.futures.thread")
    workers = getattr(module, "_threads_queues", None)
    if module is None or workers is None:
        return
    frames = current_frames()
    hook = watch.hooks.pools
    for thread in list(workers):
        fields = fields_of(thread)
        args = fields.get("_args") or ()
        executor = args[0]() if args and isinstance(args[0], weakref.ref) else None
        if executor is not None:
            items = [*_running_in(executor, frames, hook.run_code), *_waiting_in(executor, module._WorkItem)]
            _guarded(hook.adopt, executor, items, _age_of(fields.get("_native_id")))
    frames.clear()


def _running_in(executor: Any, frames: Mapping[int, Any], run_code: Any) -> list[Any]:
    """The work items that the threads of a pool are at."""
    found = []
    for thread in list(getattr(executor, "_threads", ())):
        frame = frames.get(fields_of(thread).get("_ident", 0))
        while frame is not None:
            if frame.f_code is run_code:
                found += [item for name, item in variables(frame).items() if name == "self"]
            frame = frame.f_back
    return found


def _waiting_in(executor: Any, kind: type) -> list[Any]:
    """The work items in the queue of a pool, which cannot be iterated. But the garbage collector sees what is in it."""
    import gc

    found: list[Any] = []
    for part in gc.get_referents(executor._work_queue):
        found += part if type(part) is list else [part]
    return [item for item in found if type(item) is kind]


def _adopt_bars(watch: Watch) -> None:
    watch.hooks.bars.adopts = True
    module = sys.modules.get("rich.progress")
    if module is not None:
        from taskmon.watch.hooks.rich_bars import adopt_tracked

        adopt_tracked(module, watch.hooks.bars)


def _age_of_program() -> float:
    return _age_of(os.getpid())


def _age_of(native_id: object) -> float:
    """Seconds since a thread began, as the system knows; 0 where it does not tell."""
    try:
        with open(f"/proc/self/task/{native_id}/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        with open("/proc/uptime", "rb") as file:
            return max(0.0, float(file.read().split()[0]) - ticks / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError):
        return 0.0
