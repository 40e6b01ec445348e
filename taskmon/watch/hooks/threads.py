"""Noticing threads: one object for each, made when it is started, and nothing at all in the thread itself.

``Thread.start()`` reads the attribute ``_bootstrap``. A descriptor in its place hears of the thread, in the thread that
starts it, and is gone again before the new one begins. What ends a thread by an exception is heard from the function
that prints it, outside of the traceback.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from taskmon.core.base.modules import attribute_of
from taskmon.watch.hooks.patching import Patches, report
from taskmon.watch.thread_fields import fields_of, name_of

if TYPE_CHECKING:
    import threading
    from types import CodeType, ModuleType

#: Threads that have come since the last look; more than this were of no interest to anybody.
_MOST_NEW: Final = 10_000


class ThreadRecord:
    """What is known of one thread. It keeps neither the thread nor its arguments alive."""

    __slots__ = ("__weakref__", "began", "cancelled", "creator", "details", "earlier", "error", "name", "thread")

    def __init__(self, thread: threading.Thread, creator: CodeType | None) -> None:
        self.thread = ref(thread)
        self.name = name_of(thread)
        self.creator = creator
        """The code that started it."""
        self.began = time.monotonic()
        self.error = self.details = ""
        self.cancelled = False
        """Whether a cancel ended it: that of a progress bar or of a coroutine."""
        self.earlier = False
        """Whether it ran before anybody listened, so that nobody knows who started it."""


class ThreadHook:
    """Hears of every `threading.Thread` that is started from now on."""

    def __init__(self) -> None:
        self.new: deque[ThreadRecord] = deque(maxlen=_MOST_NEW)
        self.patches = Patches(report)

    def install(self, module: ModuleType) -> None:
        """Hook into ``threading``."""
        kind: Any = getattr(module, "Thread", None)
        if not hasattr(kind, "_bootstrap"):  # a module of the program's that happens to be called so
            return
        self.patches.replace(kind, "_bootstrap", _Bootstrap(self, kind._bootstrap))

    def note(self, thread: threading.Thread, start: Any) -> None:
        """A thread is being started; `start` is the frame of its method. In the thread that starts it."""
        caller = start.f_back
        record = ThreadRecord(thread, caller.f_code if caller is not None else None)
        self.new.append(record)
        self._hear_its_end(thread, record)

    def adopt(self, thread: threading.Thread, age: float) -> None:
        """A thread has been running for `age` seconds. In the agent's thread."""
        record = ThreadRecord(thread, None)
        record.began -= age
        record.earlier = True
        self.new.append(record)
        self._hear_its_end(thread, record)

    def undo(self) -> None:
        """Put everything back, in the threads that run as well."""
        self.patches.undo()
        for thread in list(attribute_of("threading", "_active", {}).values()):
            fields = fields_of(thread)
            ours = fields.get("_invoke_excepthook")
            if type(ours) is _EndListener:
                fields["_invoke_excepthook"] = ours.before

    def _hear_its_end(self, thread: threading.Thread, record: ThreadRecord) -> None:
        before = object.__getattribute__(thread, "_invoke_excepthook")
        fields_of(thread)["_invoke_excepthook"] = _EndListener(before, record)


class _EndListener:
    """Stands where what prints a thread's exception stood, and does that unless the user wanted just that exception."""

    __slots__ = ("_record", "before")

    def __init__(self, before: Any, record: ThreadRecord) -> None:
        self.before = before
        self._record = record

    def __call__(self, ended: threading.Thread) -> None:
        try:
            silent = _note_exception(self._record, sys.exc_info()[1])
        except Exception as error:
            report(error)
            silent = False
        if not silent:
            self.before(ended)


class _Bootstrap:
    """Stands where ``Thread._bootstrap`` stood, and gives what it gave."""

    def __init__(self, hook: ThreadHook, original: Any) -> None:
        self._hook = hook
        self._original = original

    def __get__(self, thread: threading.Thread | None, owner: Any = None) -> Any:
        if thread is not None:
            try:
                self._hook.note(thread, sys._getframe(1))
            except Exception as error:  # of this one: the next may be like others
                report(error)
        return self._original.__get__(thread, owner)


def _note_exception(record: ThreadRecord, error: BaseException | None) -> bool:
    """Keep what ended the thread; return whether the user wanted just that, so that nobody need be told."""
    if error is None or issubclass(type(error), SystemExit):
        return False
    from taskmon.core.base.error_text import plain_error_texts
    from taskmon.core.stop.reason import TaskCancelled
    from taskmon.watch.cancels import carries_cancel

    if carries_cancel(error):
        record.cancelled = True
        return issubclass(type(error), TaskCancelled)
    record.error, record.details = plain_error_texts(error)
    return False
