"""Bars of ``rich.progress``."""

from __future__ import annotations

import operator
import threading
from types import ModuleType
from typing import Any, Final

from taskmon.watch.hooks.bars import OWN, BarHook, BarRecord
from taskmon.watch.hooks.patching import leave_out, nothing, report


class RichRecord(BarRecord):
    """One task of a ``rich.progress.Progress``, which draws several bars at once."""

    task_id: Any = None

    def _task(self) -> Any:
        progress = self.bar()
        return progress._tasks.get(self.task_id) if progress is not None else None

    def read(self) -> tuple[Any, Any, str, str] | None:
        task = self._task()
        done = task.completed if task is not None else self.last[0]
        if self.loop is not None:
            looped = self.initial + self.loop.done
            done = looped if done is None or looped > done else done
        if isinstance(done, float) and done.is_integer():
            done = int(done)
        self.last = (done, task.total if task is not None else self.last[1], "", "")
        return self.last

    @property
    def name(self) -> str:
        """Its description, without markup; where several files have the same, the file."""
        task = self._task()
        file = task.fields.get("filename") if task is not None and type(task.fields) is dict else None
        if type(file) is str and file:
            return file
        if task is not None and isinstance(task.description, str):
            import re

            self.label = re.sub(r"\[/?[a-z][^\[\]]*\]|\[/\]", "", task.description).strip() or self.label
        return self.label

    @property
    def ended(self) -> bool:
        """Whether it was removed, has come to its end, or is drawn no more."""
        progress, task = self.bar(), self._task()
        if progress is None or task is None or (self.loop is not None and self.loop.finished):
            return True
        return bool(task.finished) or not (progress.live.is_started or self.loop is not None)


def install(module: ModuleType, hook: BarHook) -> None:
    """Hook into ``rich.progress``."""
    kind = module.Progress
    add_task, track, advance, update, stop = kind.add_task, kind.track, kind.advance, kind.update, kind.stop
    patches = hook.patches
    newest = threading.local()

    def add(progress: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            task_id = add_task(progress, *args, **kwargs)
        except BaseException as error:
            leave_out(error)
            raise
        try:
            record = RichRecord(progress, "progress bar")
            record.task_id = task_id
            progress.__dict__.setdefault(OWN, {})[task_id] = record
            newest.record = record
            hook.note(record)
        except Exception as error:
            patches.give_up(error)
        return task_id

    def attend(progress: Any, task_id: Any) -> None:
        record = progress.__dict__.get(OWN, _NONE).get(task_id)
        if record is None and hook.adopts:
            record = _adopt(progress, task_id, hook)
        # A thread of rich counts the items of track(), where the loop itself attends.
        if record is not None and record.loop is None:
            record.advanced()

    def advance_task(progress: Any, task_id: Any, *args: Any, **kwargs: Any) -> Any:
        attend(progress, task_id)
        try:
            return advance(progress, task_id, *args, **kwargs)
        except BaseException as error:
            leave_out(error)
            raise

    def update_task(progress: Any, task_id: Any, *args: Any, **kwargs: Any) -> Any:
        attend(progress, task_id)
        try:
            return update(progress, task_id, *args, **kwargs)
        except BaseException as error:
            leave_out(error)
            raise

    def track_items(progress: Any, sequence: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            if not args and kwargs.get("total") is None:
                kwargs["total"] = float(operator.length_hint(sequence)) or None
            sequence = _Tracked(progress, sequence, kwargs.get("task_id"), newest)
        except Exception as error:
            patches.give_up(error)
        return track(progress, sequence, *args, **kwargs)

    def stop_all(progress: Any) -> Any:
        for record in list(progress.__dict__.get(OWN, _NONE).values()):
            record.keep_last()
        try:
            return stop(progress)
        except BaseException as error:
            leave_out(error)
            raise

    patches.replace(kind, "add_task", add)
    patches.replace(kind, "track", track_items)
    patches.replace(kind, "advance", advance_task)
    patches.replace(kind, "update", update_task)
    patches.replace(kind, "stop", stop_all)


_NONE: Final[dict[Any, Any]] = {}


def _adopt(progress: Any, task_id: Any, hook: BarHook) -> RichRecord | None:
    """Note a bar that is older than the hook, at its next step. In the thread that makes it."""
    try:
        if task_id not in progress._tasks:
            return None
        record = RichRecord(progress, "progress bar")
        record.task_id = task_id
        elapsed = progress._tasks[task_id].elapsed
        record.began -= elapsed if isinstance(elapsed, float) else 0.0
        progress.__dict__.setdefault(OWN, {})[task_id] = record
        hook.note(record)
    except Exception as error:
        hook.patches.give_up(error)
        return None
    return record


def adopt_tracked(module: ModuleType, hook: BarHook) -> None:
    """Note the loops of ``track()`` that run: a thread of rich knows each, and counts its items. In the agent's thread.

    The loop itself is on the stack of another thread, where it cannot be reached.
    """
    kind = getattr(module, "_TrackThread", None)
    for thread in list(threading._active.values()):  # type: ignore[attr-defined]
        if kind is not None and type(thread) is kind:
            record = _adopt(thread.progress, thread.task_id, hook)
            if record is not None:
                record.thread_id = threading.main_thread().ident or 0
                record.thread_name = threading.main_thread().name
                record.advanced_elsewhere = True


class _Tracked:
    """What ``track()`` iterates; by then the bar exists."""

    def __init__(self, progress: Any, sequence: Any, task_id: Any, newest: Any) -> None:
        self._progress = progress
        self._sequence = sequence
        self._task_id = task_id
        self._newest = newest

    def __iter__(self) -> Any:
        sequence, self._sequence = self._sequence, None
        try:
            records = self._progress.__dict__.get(OWN, _NONE)
            record = records.get(self._task_id) if self._task_id is not None else self._newest.__dict__.get("record")
            if record is not None and record.loop is None:
                return record.watch_loop(sequence, nothing)
        except Exception as error:
            report(error)
        return iter(sequence)
