"""Everything that is known of a task, as plain text for a bug report."""

from __future__ import annotations

import os
import platform
import sys

from taskmon import __version__
from taskmon.bridge.details import sentences
from taskmon.bridge.details.advice import advice, headline
from taskmon.bridge.program_sentences import in_users_words
from taskmon.bridge.table import text
from taskmon.bridge.table.rows import TaskRow
from taskmon.bridge.table.text import tr
from taskmon.core.base.text import plain
from taskmon.core.stacks.sampler import StackSample

#: Lines of the log that a report ends with.
LOG_LINES = 200


def report(row: TaskRow, parent: TaskRow | None = None, stack: StackSample | None = None) -> str:
    """Return the report on a task. Newlines of the task's own texts cannot forge lines of it."""
    snapshot = row.snapshot
    head = tr("{name} (task {id})").format(name=text.name(row), id=snapshot.id)
    parts = [head, "=" * min(len(head), 78), tr("State: {state}").format(state=text.state_label(row))]
    parts += [f"- {line}" for line in sentences.overview(row)]
    parts += [f"- {fact.label}: {fact.value}" for fact in sentences.facts(row, parent)]
    means = snapshot.stop_means
    if means is not None:
        parts += [tr("- Offered: {what}").format(what=plain(in_users_words(offer), 200)) for offer in means.offers]
    if stack is not None and stack.frames:
        parts += ["", tr("Stack (innermost call last)"), headline(stack), advice(stack, foreign=bool(snapshot.origin))]
        parts += [
            f"  {plain(frame.file, 300)}:{frame.line} in {plain(frame.function, 200)}"
            + (f"  [{plain(frame.call, 100)}]" if frame.call else "")
            for frame in stack.frames
        ]
    if snapshot.details:
        parts += ["", tr("Error") if snapshot.error else tr("Details")]
        parts += [f"  {plain(line, 500)}" for line in snapshot.details.splitlines()]
    count, lines = row.task.log_lines(max(0, snapshot.log_lines - LOG_LINES))
    if lines:
        parts += ["", tr("Log (the last {n} of {count} lines)").format(n=len(lines[-LOG_LINES:]), count=count)]
        parts += [f"  {plain(line, 500)}" for line in lines[-LOG_LINES:]]
    parts += ["", versions()]
    return "\n".join(part for part in parts if part is not None) + "\n"


def versions() -> str:
    """What it runs on, in one line."""
    import PySide6.QtCore

    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    python = f"Python {platform.python_version()} ({os.path.basename(sys.executable or 'frozen')})"
    return f"taskmon {__version__}, {python}, PySide6 {PySide6.__version__}, Qt {PySide6.QtCore.qVersion()}, {system}"
