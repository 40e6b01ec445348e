"""Row 18: a click with a real mouse, from the button let go to the pixels changed, beside a bare table's."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.measure import Claim, Readings, Row, Settings, Step, at_most, quotient, share_of
from tests.benchmarks.screen import Area, NoScreenError, Screen, own_screen

#: In each round.
_CLICKS: Final = 7
_QUICK_CLICKS: Final = 6
#: Between the pointer's coming and the press: whoever clicks sooner than half a second meant what was there before.
_AIM: Final = 0.7
_PRESSED: Final = 0.08
#: A click that shows no effect for so long counts with this time. In seconds.
_LONGEST: Final = 8.0
#: How long to wait for a program that has to come, in seconds.
_PATIENCE: Final = 60.0


def _click(screen: Screen, told: dict[str, Any]) -> float:
    """Click, and return after how many milliseconds that was to be seen."""
    area = Area(*told["answer"])
    screen.move(*told["click"])
    time.sleep(_AIM)
    screen.press()
    time.sleep(_PRESSED)
    before = screen.pixels(area)
    released = screen.release()
    return (screen.until_changed(area, before, released + _LONGEST) - released) * 1000


def _clicks(settings: Settings, *, kind: str, count: int) -> Readings | list[Readings]:
    """Ours and the bare one in turn, in one program."""
    from tests.benchmarks import clicked_window

    with tempfile.TemporaryDirectory(prefix="taskmon-bench-") as folder:
        kept = {f"TASKMON_{name}_DIR": str(Path(folder, name.lower())) for name in ("CONFIG", "DATA", "RUNTIME")}
        try:
            with own_screen(*clicked_window.SCREEN) as (screen, there):
                command = [sys.executable, "-m", "tests.benchmarks.clicked_window", kind, str(count)]
                program = subprocess.Popen(
                    command,
                    env={**os.environ, **kept, **there},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    bufsize=0,
                )
                try:
                    return _converse(screen, program, _QUICK_CLICKS if settings.quick else _CLICKS)
                finally:
                    program.kill()
                    program.wait()
        except NoScreenError as reason:
            return {"*": str(reason)}


def _line(program: Any) -> bytes:
    """The next line that it prints; each comes whole."""
    if not select.select([program.stdout], [], [], _PATIENCE)[0]:
        raise RuntimeError(f"no answer within {_PATIENCE:.0f} s")
    line: bytes = program.stdout.readline()
    if not line:
        raise RuntimeError("the program has ended")
    return line


def _converse(screen: Screen, program: Any, clicks: int) -> list[Readings]:
    _line(program)
    samples: list[Readings] = []
    for _ in range(clicks):
        program.stdin.write(b"\n")
        told = json.loads(_line(program))
        samples.append({name: [_click(screen, told[name])] for name in ("ours", "bare") if told[name] is not None})
    return samples


def _step(kind: str, count: int, *, thorough: bool = False) -> Step:
    return Step(f"{kind} {count}", partial(_clicks, kind=kind, count=count), seldom=True, thorough=thorough)


def _claim(step: str, label: str, caption: str = "") -> Claim:
    """Of the clicks of all rounds together, the one in the middle."""
    formula = quotient(share_of(f"{step}.ours", 0.5), share_of(f"{step}.bare", 0.5))
    return Claim(label, formula, at_most(3), _BARE, pooled=True, caption=caption)


_BARE: Final = "a bare table beside the same"
_HOGS: Final = "8 threads that never check in"

ROW: Final = Row(
    18,
    "click",
    "A click on Cancel, from the mouse button let go to the pixels, median",
    [
        *(_step("busy", count, thorough=count != 64) for count in (25, 64, 200)),
        _step("hogs", 8),
        _step("watched", 200, thorough=True),
    ],
    [
        _claim("busy 25", "25 busy workers"),
        _claim("busy 64", "64 busy workers", "From a click on Cancel to its pixels, 64 busy workers"),
        _claim("busy 200", "200 busy workers"),
        _claim("hogs 8", _HOGS),
        _claim("watched 200", "200 threads of a watched program"),
        *(
            Claim(label, share_of(f"{step}.ours", 0.5), unit="ms", pooled=True)
            for step, label in (
                ("busy 64", "64 busy workers"),
                ("hogs 8", _HOGS),
                ("watched 200", "200 threads of a watched program"),
            )
        ),
    ],
    rounds=3,
)
