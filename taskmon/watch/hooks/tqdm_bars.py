"""Bars of tqdm, in all its faces: each of them is a subclass of ``tqdm.std.tqdm``."""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any

from taskmon.watch.hooks.bars import OWN, BarHook, BarRecord
from taskmon.watch.hooks.patching import leave_out, report


class TqdmRecord(BarRecord):
    """One ``tqdm``."""

    silent: bool | None = None
    """Whether it was disabled from the start; None until it is known."""

    def read(self) -> tuple[Any, Any, str, str] | None:
        bar = self.bar()
        known = vars(bar) if bar is not None else {}
        done = known.get("n", self.last[0])
        if self.loop is not None:
            looped = self.initial + self.loop.done
            done = looped if not isinstance(done, (int, float)) or looped > done else done
        if bar is None:
            self.last = (done, *self.last[1:])
            return self.last
        scale = known.get("unit_scale")
        total = known.get("total")
        if isinstance(scale, (int, float)) and not isinstance(scale, bool) and scale != 1:
            done, total = done * scale, total * scale if total else total
        unit = known.get("unit")
        unit = {"it": "", "B": "bytes"}.get(unit, unit) if isinstance(unit, str) else ""
        postfix = known.get("postfix")
        self.last = (done, total, unit, postfix if isinstance(postfix, str) else "")
        return self.last

    def description(self) -> object:
        bar = self.bar()
        return vars(bar).get("desc") if bar is not None else None

    @property
    def ended(self) -> bool:
        """Whether it was closed: then tqdm calls it disabled."""
        bar = self.bar()
        if bar is None or (self.loop is not None and self.loop.finished):
            return True
        disabled = vars(bar).get("disable")
        if disabled is None:
            return False  # its __init__ has not come so far
        if self.silent is None:
            self.silent = bool(disabled)
        return bool(disabled) and not self.silent


def install(module: ModuleType, hook: BarHook) -> None:
    """Hook into ``tqdm.std``."""
    kind = module.tqdm
    create, iterate, update, close = kind.__new__, kind.__iter__, kind.update, kind.close
    patches = hook.patches

    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            bar = create(cls, *args, **kwargs)
        except BaseException as error:
            leave_out(error)
            raise
        try:
            label = kwargs.get("desc", args[1] if len(args) > 1 else None)
            record = TqdmRecord(bar, label if isinstance(label, str) and label else "progress bar")
            initial = kwargs.get("initial", 0)
            record.initial = initial if isinstance(initial, (int, float)) else 0
            hook.note(record, bar)
        except Exception as error:
            patches.give_up(error)
        return bar

    def iterator(bar: Any) -> Any:
        loop = iterate(bar)  # has not looked at its iterable yet
        try:
            record = bar.__dict__.get(OWN)
            iterable = bar.iterable
            if record is not None and iterable is not None:
                watched = record.watch_loop(iterable, lambda: vars(bar).__setitem__("iterable", iterable))
                bar.iterable = watched
        except Exception as error:  # what cannot be iterated is for tqdm to say
            report(error)
        return loop

    def update_bar(bar: Any, n: Any = 1) -> Any:
        record = bar.__dict__.get(OWN)
        if record is None and hook.adopts:
            record = _adopt(bar, hook)
        if record is not None and record.loop is None:
            record.advanced()
        try:
            return update(bar, n)
        except BaseException as error:
            leave_out(error)
            raise

    def close_bar(bar: Any) -> Any:
        record = bar.__dict__.get(OWN)
        if record is not None:
            record.keep_last()
        try:
            return close(bar)
        except BaseException as error:
            leave_out(error)
            raise

    patches.replace(kind, "__new__", staticmethod(new))
    patches.replace(kind, "close", close_bar)
    patches.replace(kind, "__iter__", iterator)
    patches.replace(kind, "update", update_bar)


def _adopt(bar: Any, hook: BarHook) -> TqdmRecord | None:
    """Note a bar that is older than the hook, at its next step, when its thread is known. In that thread."""
    try:
        record = TqdmRecord(bar, "progress bar")
        initial, started = bar.__dict__.get("initial"), bar.__dict__.get("start_t")
        record.initial = initial if isinstance(initial, (int, float)) else 0
        if isinstance(started, float):
            record.began -= max(0.0, time.time() - started)
        hook.note(record, bar)
    except Exception as error:
        hook.patches.give_up(error)
        return None
    return record
