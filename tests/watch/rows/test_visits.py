"""The program's own code in the threads of libraries."""

from __future__ import annotations

import functools
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from taskmon.core.task.state import TaskState as S
from taskmon.watch.rows import internal
from tests.helpers.gates import PATIENCE, Gate, wait_until
from tests.helpers.libraries import library
from tests.watch.stage import Watch, watch

__all__ = ["watch"]  # a fixture

SERVER = """
    import threading
    from concurrent.futures import ThreadPoolExecutor

    def serve(requests):
        while True:
            handler = requests.get()
            if handler is None:
                return
            answer(handler)

    def answer(handler):
        handler()

    def start(requests):
        thread = threading.Thread(target=serve, args=(requests,), name="serving-0")
        thread.start()
        return thread

    class Scheduler:
        def __init__(self):
            self.pool = ThreadPoolExecutor(1, thread_name_prefix="scheduled")

        def run(self, job, *args):
            return self.pool.submit(run_job, job, args)

    def run_job(job, args):
        return job(*args)
"""


class Import:
    def __init__(self) -> None:
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.is_set():
            self.stop.wait(0.01)


@pytest.fixture
def server(watch: Watch) -> Iterator[Callable[[Any], None]]:
    """A library's thread; called with a function, it runs that."""
    requests: queue.Queue[Any] = queue.Queue()
    thread = library("server", SERVER)["start"](requests)
    yield requests.put
    requests.put(None)
    thread.join(PATIENCE)


def test_what_a_librarys_thread_does_for_the_program_is_called_by_the_programs_function(
    watch: Watch, server: Callable[[Any], None]
) -> None:
    gate = Gate()

    def report(gate: Gate = gate) -> None:
        gate.pass_through()

    watch.look(3)
    assert watch.names() == [], "while it waits it is of no interest"
    server(report)
    gate.await_arrival()
    row = watch.row("report", S.RUNNING)
    picture = row.snapshot()
    assert row.name.endswith(".report")
    assert picture.origin is not None
    assert (picture.origin.kind, picture.origin.thread) == ("future", "serving-0")
    assert picture.why_not_cancellable == "it runs in a thread of server, and nothing that would stop it was found"
    gate.open()
    ended = watch.row("report", S.SUCCEEDED)
    assert ended is row
    assert row.snapshot().consequence == "Returned; its result was not seen"


def test_two_calls_are_told_apart_by_what_they_were_given(watch: Watch, server: Callable[[Any], None]) -> None:
    gates = {"north": Gate(), "south": Gate()}

    def unpack(name: str) -> None:
        gates[name].pass_through()

    for name in gates:
        server(functools.partial(unpack, name))
    gates["north"].await_arrival()
    first = watch.row("unpack('north')", S.RUNNING)
    gates["north"].open()
    gates["south"].await_arrival()
    second = watch.row("unpack('south')", S.RUNNING)
    assert first.state is S.SUCCEEDED, "though no look has seen the thread without either"
    gates["south"].open()
    watch.row("unpack('south')", S.SUCCEEDED)
    assert second.name.endswith("unpack('south')")


def test_a_flag_that_its_function_looks_at_stops_it(watch: Watch, server: Callable[[Any], None]) -> None:
    server(Import().run)
    row = watch.row("Import.run", S.RUNNING)
    wait_until(lambda: (watch.look(), not row.snapshot().why_not_cancellable)[1], "a way to stop it")
    assert row.snapshot().stop_means is not None
    assert row.snapshot().stop_means.means == "sets self.stop"  # type: ignore[union-attr]
    assert row.cancel()
    watch.look()
    watch.row("Import.run", S.CANCELLED)


def test_each_job_of_a_librarys_pool_is_a_row_with_what_it_was_given(watch: Watch) -> None:
    gates = {"north": Gate(), "south": Gate()}

    def shrink(name: str) -> None:
        gates[name].pass_through()

    scheduler = library("scheduler", SERVER)["Scheduler"]()
    jobs = [scheduler.run(shrink, name) for name in gates]
    gates["north"].await_arrival()
    first = watch.row("shrink('north')", S.RUNNING)
    assert not [name for name in watch.names() if "run_job" in name or "scheduled" in name]
    gates["north"].open()
    gates["south"].await_arrival()
    second = watch.row("shrink('south')", S.RUNNING)
    assert first.state is S.SUCCEEDED, "they are not one, though no look has seen the thread without either"
    gates["south"].open()
    for job in jobs:
        job.result(PATIENCE)
    scheduler.pool.shutdown()
    watch.row("shrink('south')", S.SUCCEEDED)
    assert second is not first


def test_a_job_that_fails_is_told_as_failed(watch: Watch) -> None:
    gate = Gate()

    def broken() -> None:
        gate.pass_through()
        raise ValueError("no paper")

    scheduler = library("scheduler", SERVER)["Scheduler"]()
    job = scheduler.run(broken)
    gate.await_arrival()
    watch.row("broken", S.RUNNING)
    gate.open()
    assert isinstance(job.exception(PATIENCE), ValueError)
    row = watch.row("broken", S.FAILED)
    assert row.snapshot().error == "ValueError: no paper"
    scheduler.pool.shutdown()


def test_arguments_are_not_told_where_they_were_replaced(watch: Watch) -> None:
    gate = Gate()

    def count(number: int) -> None:
        number -= 1
        gate.pass_through()

    scheduler = library("scheduler", SERVER)["Scheduler"]()
    job = scheduler.run(count, 17)
    gate.await_arrival()
    assert watch.row("count", S.RUNNING).name.endswith(".count")
    gate.open()
    job.result(PATIENCE)
    scheduler.pool.shutdown()


def test_looking_keeps_nothing_alive_and_leaves_nothing_in_the_function(
    watch: Watch, server: Callable[[Any], None]
) -> None:
    """What a function lets go of while it is looked at is gone at once, as it would be alone."""
    gates = [Gate(), Gate()]
    gone = threading.Event()
    seen: list[bool] = []

    class Page:
        def __del__(self) -> None:
            gone.set()

    def render(first: Gate, second: Gate) -> None:
        page: Page | None = Page()
        first.pass_through()
        page = None
        seen.append(gone.is_set())
        second.pass_through()
        del page

    server(lambda: None)
    scheduler = library("scheduler", SERVER)["Scheduler"]()
    job = scheduler.run(render, *gates)
    gates[0].await_arrival()
    watch.row("render", S.RUNNING)
    gates[0].open()
    gates[1].await_arrival()
    assert seen == [True]
    gates[1].open()
    job.result(PATIENCE)
    scheduler.pool.shutdown()


def test_what_libraries_run_for_themselves_is_one_row(watch: Watch, server: Callable[[Any], None]) -> None:
    row = watch.row("Internal threads", S.RUNNING)
    wait_until(lambda: (watch.look(), "serving-0" in row.snapshot().progress.message)[1], "its name")
    assert row.snapshot().progress.message == "1 thread: serving-0 (server)"
    assert row.snapshot().why_not_cancellable
    assert not row.cancel()
    server(None)
    watch.row("Internal threads", S.SUCCEEDED)


class Session:
    """What the program has made for a library to serve."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate


SESSIONS = """
    import threading

    class Server:
        def serve(self, session):
            session.gate.pass_through()

    def accept(session):
        thread = threading.Thread(target=Server().serve, args=(session,), name="client 7")
        thread.start()
        return thread
"""


def test_a_librarys_thread_for_an_object_of_the_programs_is_a_row(watch: Watch) -> None:
    gate = Gate()
    thread = library("sessions", SESSIONS)["accept"](Session(gate))
    row = watch.row("Session client 7", S.RUNNING)
    assert row.snapshot().why_not_cancellable == "it belongs to a library, which may rely on it"
    gate.open()
    thread.join(PATIENCE)
    watch.row("Session client 7", S.SUCCEEDED)


COMMAND = """
    import threading

    class Server:
        def __init__(self, gate):
            self.gate = gate

        def serve_forever(self):
            self.gate.pass_through()

    def check(gate):
        gate.pass_through()

    def start(gates):
        server = Server(gates[0])
        threads = [
            threading.Thread(target=lambda: server.serve_forever(), name="serving"),
            threading.Thread(target=check, args=(gates[1],), name="checking"),
        ]
        for thread in threads:
            thread.start()
        return threads
"""


def test_of_an_installed_command_what_only_serves_is_internal(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its other threads are its work: there is none of a user's."""
    for module in ("threads", "running_calls"):
        monkeypatch.setattr(f"taskmon.watch.rows.{module}.is_work", _is_of_the_command)
    gates = [Gate(), Gate()]
    threads = library("command", COMMAND)["start"](gates)
    row = watch.row("Internal threads", S.RUNNING)
    wait_until(lambda: (watch.look(), "serving" in row.snapshot().progress.message)[1], "its name")
    assert watch.row("checking", S.RUNNING)
    watch.look(3)
    assert set(watch.names()) == {"Internal threads", "checking"}
    for gate in gates:
        gate.open()
    for thread in threads:
        thread.join()
    watch.row("checking", S.SUCCEEDED)


def _is_of_the_command(code: Any) -> bool:
    return code is not None and code.co_filename.endswith("command/__init__.py")


THREADING = """
    import threading

    class ThreadingServer:
        def process_request(self, request):
            thread = threading.Thread(target=self.process_request_thread, args=(request,))
            thread.start()
            return thread

        def process_request_thread(self, request):
            self.answer(request)
"""


def test_a_request_is_called_by_what_answers_it_though_the_server_is_the_programs_own(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the server, of which there are as many such threads as clients."""
    kind: Any = library("threading_server", THREADING)["ThreadingServer"]

    class Office(kind):  # type: ignore[misc]
        def answer(self, request: Callable[[], None]) -> None:
            request()

    monkeypatch.setattr(internal, "_LASTING", 0.0)
    gate = Gate()
    thread = Office().process_request(gate.pass_through)
    gate.await_arrival()
    row = watch.row("answer", S.RUNNING)
    watch.look(3)
    assert watch.names() == [row.name], "and what has a row is not among the internal threads"
    assert row.name.endswith("Office.answer")
    gate.open()
    thread.join(PATIENCE)
    watch.row("answer", S.SUCCEEDED)
