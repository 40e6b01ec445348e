"""A cluster of Dask as its users have one: a scheduler and workers in processes of their own, on loopback."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.helpers.gates import PATIENCE, wait_until

if TYPE_CHECKING:
    from distributed import Client

ROOT = Path(__file__).resolve().parents[2]

#: Makes an interpreter one that has no taskmon, wherever it is installed.
_WITHOUT_TASKMON = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "taskmon":
            raise ModuleNotFoundError("No module named 'taskmon'", name="taskmon")
sys.meta_path.insert(0, Missing())
"""

#: Several workers in one process, each with a name and slots of its own.
_SEVERAL_WORKERS = """
import asyncio, sys
from distributed import Worker
async def main(address, prefix, count, threads):
    workers = [
        Worker(address, name=f"{prefix}-{n}", nthreads=threads, memory_limit=0, dashboard=False) for n in range(count)
    ]
    await asyncio.gather(*workers)
    print("Registered to", address, flush=True)
    await asyncio.gather(*[worker.finished() for worker in workers])
asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
"""


class DaskProcess:
    """A scheduler or a worker. What it writes is kept."""

    def __init__(self, arguments: list[str], *, path: str = "", within: tuple[str, ...] = ()) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([path, str(ROOT)] if path else [str(ROOT)]),
            "PYTHONUNBUFFERED": "1",
            "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
        }
        self._process = subprocess.Popen(
            [*within, sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, name="dask-output")
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)  # seen by others one by one

    def await_line(self, pattern: str) -> str:
        """Wait for a line that has `pattern`; return its first group."""
        wait_until(lambda: any(re.search(pattern, line) for line in self.lines) or not self.lives, pattern)
        for line in self.lines:
            found = re.search(pattern, line)
            if found is not None:
                return found[1]
        raise AssertionError(f"it ended without {pattern!r}:\n{''.join(self.lines)}")

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def kill(self, signum: int = signal.SIGKILL) -> None:
        """Send it a signal."""
        self._process.send_signal(signum)

    def close(self) -> None:
        """End it."""
        if self.lives:
            self._process.kill()
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()


class DaskCluster:
    """A scheduler and the workers that were started for it."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1", within: tuple[str, ...] = ()) -> None:
        self._host = host
        self._within = within
        self.workers: dict[str, DaskProcess] = {}
        self._clients: list[Client] = []
        self.scheduler = self._start_scheduler(port)
        self.address = self.scheduler.await_line(r"Scheduler at: *(tcp://\S+)")

    def _start_scheduler(self, port: int) -> DaskProcess:
        return DaskProcess(
            ["-m", "distributed.cli.dask_scheduler", "--host", self._host, "--port", str(port), "--no-dashboard"],
            within=self._within,
        )

    @property
    def port(self) -> int:
        """Where the scheduler listens."""
        return int(self.address.rpartition(":")[2])

    def connect(self, *, address: str = "", timeout: float = 20) -> Client:
        """Return a client, which is closed with the cluster if not before."""
        from distributed import Client

        client = Client(address or self.address, set_as_default=False, timeout=timeout)
        self._clients.append(client)
        return client

    def disconnect(self) -> None:
        """Close the clients."""
        for client in self._clients:
            client.close()
            client._loop_runner.stop()  # which one that has closed itself leaves running
        self._clients.clear()

    def restart_scheduler(self) -> None:
        """Kill the scheduler, and start another in its place."""
        self.scheduler.close()
        self.scheduler = self._start_scheduler(self.port)
        self.scheduler.await_line(r"Scheduler at: *(tcp://\S+)")

    def add_worker(self, name: str, threads: int = 2, *, without_taskmon: Path | None = None) -> None:
        """Start a worker, and wait until it is one. One without taskmon needs an empty folder for that."""
        if without_taskmon is not None:
            (without_taskmon / "sitecustomize.py").write_text(_WITHOUT_TASKMON)
        self.workers[name] = worker = DaskProcess(
            [
                "-m", "distributed.cli.dask_worker", self.address, "--name", name, "--nthreads", str(threads),
                "--no-nanny", "--no-dashboard", "--host", self._host, "--memory-limit", "0",
            ],
            path=str(without_taskmon or ""),
            within=self._within,
        )  # fmt: skip
        worker.await_line(r"(Registered to)")

    def add_workers(self, name: str, count: int, threads: int) -> None:
        """Start a process that is `count` workers, of so many threads each."""
        self.workers[name] = process = DaskProcess(
            ["-c", _SEVERAL_WORKERS, self.address, name, str(count), str(threads)]
        )
        process.await_line(r"(Registered to)")

    def kill_worker(self, name: str) -> None:
        """Let a worker die without a word."""
        self.workers.pop(name).close()

    def close(self) -> None:
        """End everything."""
        self.disconnect()
        for process in [*self.workers.values(), self.scheduler]:
            process.close()


@contextmanager
def dask_cluster(elsewhere: Namespace | None = None, **workers: int) -> Iterator[DaskCluster]:
    """A cluster with workers of these names and numbers of threads; `elsewhere`, as on another machine."""
    cluster = DaskCluster() if elsewhere is None else DaskCluster(host=elsewhere.address, within=elsewhere.within)
    try:
        for name, threads in workers.items():
            cluster.add_worker(name, threads)
        yield cluster
    finally:
        cluster.close()


class Namespace:
    """A network of its own, as another machine has, and a wire to it. Needs root.

    Raises:
        OSError, subprocess.CalledProcessError: there cannot be one here.
    """

    def __init__(self) -> None:
        self._name = f"taskmon-{os.getpid()}"
        self.within = ("ip", "netns", "exec", self._name)
        """What a command begins with that is to run there."""
        self.address = "198.18.119.2"  # of those that are meant for tests of networks
        self._wire = f"tm{os.getpid()}"
        self._ip("netns", "add", self._name)
        try:
            self._ip("link", "add", self._wire, "type", "veth", "peer", "name", "eth0", "netns", self._name)
            self._ip("address", "add", "198.18.119.1/30", "dev", self._wire)
            self._ip("link", "set", self._wire, "up")
            for line in ("address add 198.18.119.2/30 dev eth0", "link set lo up", "link set eth0 up"):
                self._ip("-n", self._name, *line.split())
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _ip(*arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True, capture_output=True)

    def cut(self) -> None:
        """From now on, nothing arrives at either end."""
        self._ip("-n", self._name, "link", "set", "eth0", "down")

    def mend(self) -> None:
        """Join the wire again."""
        self._ip("-n", self._name, "link", "set", "eth0", "up")

    def close(self) -> None:
        """Take the wire and the network away."""
        subprocess.run(["ip", "link", "delete", self._wire], check=False, capture_output=True)
        self._ip("netns", "delete", self._name)


class Cable:
    """A way to the scheduler that can be cut, without either end being told, and mended again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._through = threading.Event()
        self._through.set()
        self._closing = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="cable")]
        self._threads[0].start()

    def cut(self) -> None:
        """From now on, nothing arrives at either end."""
        self._through.clear()

    def mend(self) -> None:
        """Let through what was kept back, and all that follows."""
        self._through.set()

    def close(self) -> None:
        """End all connections."""
        self._closing = True
        self._through.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(PATIENCE)
        for end in self._sockets:
            end_connection(end)
        for thread in self._threads[1:]:
            thread.join(PATIENCE)
        for end in self._sockets:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            self._sockets += [near, far]
            for source, target in ((near, far), (far, near)):
                thread = threading.Thread(target=self._pass_on, args=(source, target), name="cable")
                self._threads.append(thread)
                thread.start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        while True:
            try:
                data = source.recv(65_536)
                self._through.wait()
                if not data or self._closing:
                    break
                target.sendall(data)
            except OSError:
                break
        end_connection(target)


def end_connection(end: socket.socket) -> None:
    """End a connection that may have ended."""
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
