"""How a process ended, as somebody knows it who is not its parent."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from taskmon.link.window.process import Process
from tests.helpers.gates import wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda: os._exit(0), 0),
        (lambda: os._exit(3), 3),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), -signal.SIGTERM),
    ],
)
@pytest.mark.parametrize("heard", [False, True], ids=["its parent has not asked", "its parent has"])
def test_the_status_is_known(end, status: int, heard: bool) -> None:  # type: ignore[no-untyped-def]
    """Before its parent has asked and, where the kernel tells, after that."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.close(writer)
        os.read(reader, 1)
        end()
    os.close(reader)
    process = Process(pid)
    try:
        assert process.lives
        assert process.status() is None
        os.close(writer)
        wait_until(lambda: not process.lives)
        if not heard:
            assert process.status() == status
        os.waitpid(pid, 0)
        if heard:
            assert process.status() in ((status,) if _kernel() >= (6, 15) else (status, None))
    finally:
        process.close()
        process.close()


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])


def test_one_that_was_gone_before_it_could_be_held() -> None:
    """Nothing is known of it, and nothing made up."""
    pid = os.fork()
    if pid == 0:
        os._exit(3)
    os.waitpid(pid, 0)
    process = Process(pid)
    assert not process.lives
    assert process.status() is None
    assert process.fileno() == -1
