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


def test_the_number_of_a_thread_is_found_by_its_ident(sleeper: int) -> None:
    # Those of others may end meanwhile.
    threads = [thread for thread in threading.enumerate() if thread.native_id in {sleeper, threading.get_native_id()}]
    assert len(threads) == 2
    assert [kernel.native_id_of(thread.ident or 0) for thread in threads] == [thread.native_id for thread in threads]
    assert kernel.native_id_of(4096) is None, "nothing stands there"


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


def test_many_sockets_are_looked_up_in_the_tables_of_connections_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """To read these takes milliseconds. A socket that is in none of them is not looked for in each look."""
    now, read = [100.0], list[str]()
    line = b" 0: 0100007F:9C40 0700000A:18EB 01 00000000:00000000 00:00000000 00000000  1000 0 4711 1 0 20 4 24 10 -1"

    def table(path: str, most: int) -> bytes:
        read.append(path.rpartition("/")[2])
        return b"head\n" + line + b"\n" if path.endswith("/tcp") else b"head\n"

    monkeypatch.setattr(kernel, "_read", table)
    monkeypatch.setattr(kernel.time, "monotonic", lambda: now[0])
    connections = kernel._Connections()
    assert connections.other_end_of(b"4711") == "10.0.0.7:6379"
    assert [connections.other_end_of(inode) for inode in (b"1", b"2", b"4711")] == ["", "", "10.0.0.7:6379"]
    assert read == ["tcp", "tcp6", "udp", "udp6"]
    now[0] += 1.0
    assert [connections.other_end_of(inode) for inode in (b"1", b"2", b"4711")] == ["", "", "10.0.0.7:6379"]
    assert len(read) == 8, "they may have come since"
    now[0] += 1.0
    assert [connections.other_end_of(inode) for inode in (b"1", b"2", b"4711")] == ["", "", "10.0.0.7:6379"]
    assert len(read) == 8

    line = line.replace(b"4711", b"4712")
    assert connections.other_end_of(b"4712") == "10.0.0.7:6379", "one that has come since"
    assert len(read) == 12
    line = line.replace(b"4712", b"4713")
    assert connections.other_end_of(b"4713") == "", "so soon, they are not read again"
    now[0] += 1.0
    assert connections.other_end_of(b"4713") == "10.0.0.7:6379"
    now[0] += 60.0
    assert connections.other_end_of(b"4711") == "", "which is gone, and its number may soon be another's"


def test_where_a_thread_waits_takes_one_reading(sleeper: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call of the system may be a turn of all busy threads."""
    buffers: list[int] = []

    def note(path: str, mode: str, buffering: int) -> Any:
        buffers.append(buffering)
        return open(path, mode, buffering)

    monkeypatch.setattr(kernel, "open", note, raising=False)
    assert kernel.system_call(sleeper) is not None
    assert buffers == [0]
