"""Programs of different style show the same rows, and the same Cancel, if they are run by taskmon or attached to."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.attach.targets import PYTHON, needs_314, plain_environment
from tests.attach.test_attached_program import PATHS, attached, ours, rows
from tests.helpers.gates import wait_until
from tests.helpers.window import Office, office
from tests.helpers.wire import meeting_place
from tests.watch.test_programs import header

__all__ = ["meeting_place", "office"]  # fixtures
pytestmark = needs_314
#: Of the programs with a stop flag, those that differ most in how they are made.
STYLES = [
    path
    for path in PATHS
    if path.stem
    in {
        "asyncio_beside",
        "boolean_attribute",
        "closure_event",
        "dict_cell",
        "event_argument",
        "global_boolean",
        "named_tuple",
        "nested_daemons",
        "pool_event",
        "progress_loop",
        "queue_and_flag",
        "serve_forever",
        "timer_repeating",
    }
]


@contextmanager
def started(path: Path, folder: Path, *before: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [PYTHON, *before, str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**plain_environment(), **more},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_the_same_rows(office: Office, tmp_path: Path, path: Path) -> None:
    assert len(STYLES) == 13
    labels = {line.split(": ", 1)[0] for line in header(path)} - {"RepeatTimer"}
    with (
        started(path, tmp_path, "-m", "taskmon", "run", "--no-window", **ours()) as run,
        started(path, tmp_path) as asked,
    ):
        wait_until(lambda: attached(asked.pid), "the end of its start")

        def same() -> bool:
            one, other = rows(office, run.pid), rows(office, asked.pid)
            named = all(any(label in name for _, name, _ in one) for label in labels)
            return named and one == other

        wait_until(same, "the same rows")
