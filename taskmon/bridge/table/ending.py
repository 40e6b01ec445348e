"""How the program that a thread is in can be ended, where nothing ends the thread alone. No Qt."""

from __future__ import annotations

import math
from typing import Final

from taskmon.bridge.language import tr
from taskmon.bridge.table.rows import TaskRow, is_program
from taskmon.core.base.text import format_duration, plain
from taskmon.core.task import ladder

_LIMIT: Final = 60
#: What the buttons say that send a signal.
SIGNAL_LABELS: Final = {
    ladder.INTERRUPT: "Interrupt (SIGINT)",
    ladder.TERMINATE: "Terminate (SIGTERM)",
    ladder.KILL: "Kill (SIGKILL)",
}


def program_of(row: TaskRow) -> TaskRow | None:
    """The row of the program that a part of it stands beneath; None for a program, and where there is none."""
    above = row.parent if not is_program(row.snapshot) else None
    while above is not None and not is_program(above.snapshot):
        above = above.parent
    return above


def way_to_end(program: TaskRow) -> str:
    """How a program can be ended, in a sentence that names it; empty if it has ended or nothing can be sent to it."""
    snapshot = program.snapshot
    means = snapshot.stop_means
    if means is None or snapshot.state.is_final or not any(means.signals):
        return ""
    name = plain(snapshot.name, _LIMIT)
    firm = [number for number, signal in enumerate(means.signals) if signal and signal != ladder.INTERRUPT]
    left = [(number, ladder.time_left(snapshot, number)) for number in firm]
    ready = [means.signals[number] for number, seconds in left if seconds == 0]
    if ready:
        return tr("The program can be ended: send {signal} to {name}.").format(signal=ready[-1], name=name)
    coming = next(((means.signals[number], seconds) for number, seconds in left if seconds), None)
    if coming is not None:
        time = format_duration(math.ceil(coming[1]))
        words = tr("{name} was asked to end; if it goes on, {signal} is offered there in {time}.")
        return words.format(name=name, signal=coming[0], time=time)
    if snapshot.why_not_cancellable or not firm:
        return ""
    words = (
        tr("The program can be ended: Cancel {name} (Ctrl-C), then {signal} after {time}.")
        if means.signal == ladder.INTERRUPT
        else tr("The program can be ended: Cancel {name}, then {signal} after {time}.")
    )
    return words.format(name=name, signal=means.signals[firm[0]], time=format_duration(ladder.GRACE))


def own_signals(row: TaskRow) -> str:
    """Of a program or a process: which buttons send it a signal, and which comes after; empty for any other."""
    snapshot = row.snapshot
    means = snapshot.stop_means
    names = [name for name in means.signals if name] if means is not None and not snapshot.state.is_final else []
    ready = [name for name in names if ladder.time_left(snapshot, means.signals.index(name)) == 0] if means else []
    if not ready:
        return ""
    words = {
        ladder.INTERRUPT: tr("The button {button} interrupts it, as Ctrl-C does."),
        ladder.TERMINATE: tr("The button {button} asks it to end; it may clean up before it does."),
        ladder.KILL: tr("The button {button} ends it at once; it cannot clean up."),
    }
    sentences = [words[name].format(button=tr(SIGNAL_LABELS[name])) for name in ready]
    after = next((name for name in names if name not in ready), "")
    if after:
        sentences.append(
            tr("If it still runs {time} later, {button} is offered.").format(
                time=format_duration(ladder.GRACE), button=tr(SIGNAL_LABELS[after])
            )
        )
    return " ".join(sentences)
