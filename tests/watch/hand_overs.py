"""Counts how often a thread takes the interpreter lock for what a window asks. Run by itself, by `test_hand_overs`."""

from __future__ import annotations

import _thread
import json
import os
import socket
import threading

from taskmon.link.program.outbox import Outbox
from taskmon.link.wire.channel import ProgramSocket
from taskmon.link.wire.client import Client
from taskmon.link.wire.connection import encode
from taskmon.watch.flags import main_thread  # noqa: F401 -- else it came late, and a new module is a reason to look anew
from taskmon.watch.rows import stoppable_task
from tests.helpers import gil
from tests.helpers.gates import PATIENCE
from tests.watch.stage import Watch

_COUNT = 3


class Worker(threading.Thread):
    """Stopped by an Event of its own."""

    def __init__(self, number: int) -> None:
        super().__init__(name=f"worker {number}", daemon=True)
        self.stop = threading.Event()

    def run(self) -> None:
        """Wait to be told."""
        while not self.stop.wait(PATIENCE):
            pass


def count() -> dict[str, list[int]]:
    """How often the lock was taken from the wait for a request to the flag, for each of several."""
    taken = gil.counter()
    at_flag: list[int] = []
    set_flag = threading.Event.set

    def noting(event: threading.Event) -> None:
        at_flag.append(taken())
        set_flag(event)

    stoppable_task._SETTLED = 0.0  # type: ignore[misc]
    watch = Watch()
    workers = [Worker(number) for number in range(_COUNT)]
    for worker in workers:
        worker.start()
    watch.look()
    outbox = Outbox()
    rows = [row for row in watch.board.tasks() if row.kind == "thread"]
    for row in rows:
        outbox.add(row)
    ours, theirs = socket.socketpair()
    client = Client(ProgramSocket(ours))
    threading.Event.set = noting  # type: ignore[method-assign]
    counts = []
    for row in rows:
        theirs.sendall(encode({"t": "cancel", "id": row.id, "kind": "user"}))
        before = taken()
        for message in client.receive_messages(PATIENCE):
            outbox.obey(message)
        counts.append(at_flag.pop() - before if at_flag else -1)  # nobody but this thread has set it by now
    threading.Event.set = set_flag  # type: ignore[method-assign]
    before = taken()
    theirs.sendall(b"known to")
    os.stat(".")
    return {"flags": counts, "known": [taken() - before]}


def main() -> None:
    """Have it counted in a thread that ``threading`` does not know, as those of a watcher are."""
    told = _thread.allocate_lock()
    told.acquire()

    def tell() -> None:
        try:
            print(json.dumps(count()), flush=True)
        except gil.NoCounterError as reason:
            print(json.dumps({"not counted": str(reason)}), flush=True)
        finally:
            told.release()

    _thread.start_new_thread(tell, ())
    told.acquire()


if __name__ == "__main__":
    main()
