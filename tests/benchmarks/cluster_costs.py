"""What a task of taskmon costs on a Dask cluster beside a plain one: ``python -m tests.benchmarks.cluster_costs``.

Not a row of the table that `packaging/dev.py bench` makes: it needs Dask and starts a cluster of processes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import wait
from typing import Any, NamedTuple

from distributed import Client

from taskmon.cluster.runner import ClusterRunner
from taskmon.core.run.runner import TaskRunner
from taskmon.core.task.context import TaskContext
from tests.helpers.dask_cluster import DaskCluster, dask_cluster
from tests.helpers.gates import wait_until

_TICKS = os.sysconf("SC_CLK_TCK")


def plain(number: int) -> int:
    """As little as a function can do."""
    return number


def short(ctx: TaskContext, number: int) -> int:
    """The same, as a task."""
    return number


def sleep_plainly(seconds: float) -> None:
    """Hold a slot."""
    time.sleep(seconds)


def report(ctx: TaskContext, seconds: float) -> None:
    """Hold a slot and report ten times a second."""
    end = time.monotonic() + seconds
    ctx.progress(0, 10 * seconds)
    while time.monotonic() < end:
        ctx.advance()
        ctx.sleep(0.1)


def cost_of_checkpoints(ctx: TaskContext, count: int) -> tuple[float, float]:
    """Nanoseconds for a checkpoint, and for a report."""
    begin = time.perf_counter()
    for _ in range(count):
        ctx.checkpoint()
    middle = time.perf_counter()
    for number in range(count):
        ctx.progress(number)
    end = time.perf_counter()
    return (middle - begin) / count * 1e9, (end - middle) / count * 1e9


def wait_asleep(ctx: TaskContext) -> None:
    """Until stopped."""
    ctx.progress(message="here")
    ctx.sleep(600)


def nothing() -> None:
    """What a `Client.run` costs by itself."""


def cpu_seconds(pid: int) -> float:
    """Processor time of a process."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def events(dask_scheduler: Any) -> int:
    """Messages of ours that the scheduler has passed on."""
    return sum(topic.count for name, topic in dask_scheduler._broker._topics.items() if name.startswith("taskmon-"))


def how_many(dask_scheduler: Any) -> int:
    """Tasks that the scheduler knows."""
    return len(dask_scheduler.tasks)


def await_it(condition: Callable[[], object]) -> None:
    """Wait for something, however long it takes."""
    while not condition():
        time.sleep(0.05)


class Cost(NamedTuple):
    """What a piece of work has cost."""

    time: float
    """In seconds, as are all but the last."""
    scheduler: float
    """Processor time, as are the next two."""
    workers: float
    client: float
    messages: float

    @property
    def processor(self) -> float:
        """Of all of them: what a machine that is full takes longer for."""
        return self.scheduler + self.workers + self.client


class Costs:
    """One run. What is compared is done in turns, so that whatever else the machine does meets both."""

    def __init__(self, cluster: DaskCluster, client: Client, rounds: int) -> None:
        self.cluster = cluster
        self.client = client
        self.rounds = rounds
        self.runner = ClusterRunner(client)

    def _read(self) -> Cost:
        messages = self.client.run_on_scheduler(events)
        workers = sum(cpu_seconds(process.pid) for process in self.cluster.workers.values())
        scheduler = cpu_seconds(self.cluster.scheduler.pid)
        return Cost(time.perf_counter(), scheduler, workers, time.process_time(), messages)

    def _measure(self, work: Callable[[], object], prepare: Callable[[Callable[[], object]], object]) -> Cost:
        prepare(work)
        known, before = self.client.run_on_scheduler(how_many), self._read()
        work()
        over = time.perf_counter() - before.time
        await_it(lambda: self.client.run_on_scheduler(how_many) <= known)  # to forget results is work, too
        after = self._read()._replace(time=before.time + over)
        return Cost(*(late - early for late, early in zip(after, before, strict=True)))

    def _compare(
        self,
        what: str,
        count: int,
        plainly: Callable[[], object],
        ours: Callable[[], object],
        prepare: Callable[[Callable[[], object]], object] = lambda work: None,
    ) -> None:
        """Print the medians for one task in microseconds, and of the ratios of each round the median and the range."""
        found = []
        for number in range(self.rounds):
            if number % 2:
                after, before = self._measure(ours, prepare), self._measure(plainly, prepare)
            else:
                before, after = self._measure(plainly, prepare), self._measure(ours, prepare)
            found.append((before, after))
        print(f"{what}; {self.rounds} rounds:")
        for name in ("time", "processor", "scheduler", "workers", "client"):
            pairs = [(getattr(before, name), getattr(after, name)) for before, after in found]
            one, other = (statistics.median(pair[side] for pair in pairs) / count * 1e6 for side in (0, 1))
            ratios = sorted(after / max(before, 1 / _TICKS) for before, after in pairs)
            print(
                f"  {name:9} plain {one:7.0f} µs, taskmon {other:7.0f} µs,"
                f" ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
            )
        messages = statistics.median(after.messages for _, after in found)
        print(f"  messages  {messages:.0f}, {messages / count:.3f} a task", flush=True)

    def short_tasks(self, count: int) -> None:
        def plainly() -> None:
            self.client.gather([self.client.submit(plain, number, pure=False) for number in range(count)])

        def ours() -> None:
            tasks = [self.runner.start(short, number) for number in range(count)]
            for task in tasks:
                task.result(600)

        self._compare(f"{count} short tasks", count, plainly, ours)

    def checkpoints(self, count: int) -> None:
        found = []
        with TaskRunner() as local:
            for _ in range(self.rounds):
                here = local.start(cost_of_checkpoints, count).result()
                found.append((here, self.runner.start(cost_of_checkpoints, count).result()))
        for number, what in enumerate(("checkpoint", "report")):
            before, after = (min(pair[side][number] for pair in found) for side in (0, 1))
            ratios = sorted(there[number] / here[number] for here, there in found)
            print(
                f"{what}: in a thread here {before:.0f} ns, on a worker {after:.0f} ns,"
                f" ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})",
                flush=True,
            )

    def stops(self, count: int) -> None:
        address = list(self.client.nthreads())[:1]
        runs, stops = [], []
        for _ in range(count):
            begin = time.perf_counter()
            self.client.run(nothing, workers=address)
            runs.append(time.perf_counter() - begin)
            task = self.runner.start(wait_asleep)
            wait_until(lambda task=task: task.snapshot().progress.message == "here")
            begin = time.perf_counter()
            task.cancel()
            wait_until(task.done)
            stops.append(time.perf_counter() - begin)
        before, after = statistics.median(runs) * 1e3, statistics.median(stops) * 1e3
        print(
            f"stop: one client.run {before:.1f} ms, from click to end {after:.1f} ms, ratio {after / before:.2f}",
            flush=True,
        )

    def running(self, count: int, seconds: float) -> None:
        def plainly() -> None:
            self.client.gather([self.client.submit(sleep_plainly, seconds, pure=False) for _ in range(count)])

        def ours() -> None:
            for task in [self.runner.start(report, seconds) for _ in range(count)]:
                task.result(600)

        self._compare(f"{count} running for {seconds:g} s", count, plainly, ours)

    def withdrawn(self, count: int) -> None:
        """Cancel at once what waits behind a cluster that is full."""
        slots = sum(self.client.nthreads().values())
        busy = [self.runner.start(wait_asleep, group="busy") for _ in range(slots)]
        wait_until(lambda: all(task.snapshot().progress.message == "here" for task in busy))
        waiting: list[Any] = []

        def plainly() -> None:
            self.client.cancel(waiting)
            await_it(lambda: self.client.run_on_scheduler(how_many) <= len(busy))  # its futures do not wait for that

        def ours() -> None:
            self.runner.cancel_all(group="waiting")
            wait(waiting)

        def prepare(work: Callable[[], object]) -> None:
            if work is plainly:
                waiting[:] = [self.client.submit(plain, number, pure=False) for number in range(count)]
            else:
                waiting[:] = [self.runner.start(short, number, group="waiting") for number in range(count)]
            await_it(lambda: self.client.run_on_scheduler(how_many) >= len(busy) + count)

        self._compare(f"{count} waiting cancelled at once", count, plainly, ours, prepare)
        self.runner.cancel_all()
        self.runner.wait_idle(60)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--short", type=int, nargs="*", default=[1_000])
    options.add_argument("--running", type=int, nargs="*", default=[64, 1_000])
    options.add_argument("--withdrawn", type=int, nargs="*", default=[5_000])
    options.add_argument("--checkpoints", type=int, default=1_000_000)
    options.add_argument("--stops", type=int, default=20)
    options.add_argument("--workers", type=int, default=4)
    options.add_argument("--processes", type=int, default=4, help="that the workers are in")
    options.add_argument("--threads", type=int, default=2, help="of each worker; more if --running needs them")
    options.add_argument("--seconds", type=float, default=10)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    threads = max([chosen.threads, *(-(-count // chosen.workers) for count in chosen.running)])
    with dask_cluster() as cluster:
        for number in range(chosen.processes):
            cluster.add_workers(f"p{number}", chosen.workers // chosen.processes, threads)
        costs = Costs(cluster, cluster.connect(), chosen.rounds)
        costs.runner.start(short, 0).result(60)  # once for what is made at the first time
        for count in chosen.short:
            costs.short_tasks(count)
        if chosen.checkpoints:
            costs.checkpoints(chosen.checkpoints)
        if chosen.stops:
            costs.stops(chosen.stops)
        for count in chosen.running:
            costs.running(count, chosen.seconds)
        for count in chosen.withdrawn:
            costs.withdrawn(count)


if __name__ == "__main__":
    main()
