"""What the kernel tells of threads is read without harm to a program that closes what it does not own."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from taskmon.core.stacks import kernel
from tests.helpers.gates import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells where its threads wait")


@pytest.fixture(autouse=True)
def _trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_robbed", [])


@pytest.fixture
def sleeper() -> Iterator[int]:
    """The native id of a thread that waits, with a timeout."""
    event = threading.Event()
    thread = threading.Thread(target=event.wait, args=(500,))
    thread.start()
    native_id = thread.native_id
    assert native_id is not None
    try:
        wait_until(lambda: (call := kernel.system_call(native_id)) is not None and call.name == "futex")
        yield native_id
    finally:
        event.set()
        thread.join()


def test_what_a_thread_waits_for_is_taken_only_if_it_has_not_run_since(sleeper: int) -> None:
    call = kernel.system_call(sleeper)
    assert call is not None
    wakes = kernel.wakes_at(sleeper, call)
    assert wakes is not None
    assert 0 < wakes - time.monotonic() <= 500
    assert kernel.wakes_at(sleeper, call._replace(cpu=-1.0)) is None


def test_the_memory_is_closed_though_its_file_is_numbered_anew(sleeper: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the kernel does once it has forgotten that it was looked at."""
    real, before = os.stat, sorted(os.listdir("/proc/self/fd"))

    def renumbered(path: Any) -> os.stat_result:
        found = real(path)
        return os.stat_result((found.st_mode, found.st_ino + 1, *found[2:]))

    monkeypatch.setattr(kernel.os, "stat", renumbered)
    call = kernel.system_call(sleeper)
    assert call is not None
    assert kernel.wakes_at(sleeper, call) is not None
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_of_a_program_that_has_closed_ours_nothing_more_is_read(
    sleeper: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has closed the number between two uses, and been given it: its file stays, and no other is at risk again."""
    call = kernel.system_call(sleeper)
    assert call is not None
    stolen: list[int] = []
    real: Callable[..., bytes] = os.pread

    def robbed(file: int, size: int, at: int) -> bytes:
        data = real(file, size, at)
        os.close(file)
        stolen.append(os.open(tmp_path / "own.txt", os.O_RDWR | os.O_CREAT))
        return data

    monkeypatch.setattr(kernel.os, "pread", robbed)
    assert kernel.wakes_at(sleeper, call) is not None
    (number,) = stolen
    assert os.write(number, b"mine") == 4
    os.close(number)
    assert kernel.system_call(sleeper) is None
    assert kernel.wakes_at(sleeper, call) is None
    assert len(stolen) == 1
