"""What a task of taskmon costs on a Dask cluster beside a plain one: ``python -m tests.benchmarks.cluster_costs``.

Not a row of the table that `packaging/dev.py bench` makes: it needs Dask and starts a cluster of processes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

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


class Costs:
    """One run."""

    def __init__(self, cluster: DaskCluster, client: Client) -> None:
        self.cluster = cluster
        self.client = client
        self.runner = ClusterRunner(client)

    def measure(self, work: Callable[[], object]) -> tuple[float, float]:
        """Seconds, and processor seconds of the scheduler."""
        cpu, begin = cpu_seconds(self.cluster.scheduler.pid), time.perf_counter()
        work()
        return time.perf_counter() - begin, cpu_seconds(self.cluster.scheduler.pid) - cpu

    def short_tasks(self, count: int, rounds: int) -> None:
        def plainly() -> None:
            self.client.gather([self.client.submit(plain, number, pure=False) for number in range(count)])

        def ours() -> None:
            tasks = [self.runner.start(short, number) for number in range(count)]
            for task in tasks:
                task.result(120)

        found = [(self.measure(plainly), self.measure(ours)) for _ in range(rounds)]
        for number, what in enumerate(("time", "scheduler's CPU")):
            before, after = (statistics.median(row[side][number] for row in found) / count * 1e6 for side in (0, 1))
            print(f"short tasks, {what}: plain {before:.0f} µs, taskmon {after:.0f} µs, ratio {after / before:.2f}")

    def checkpoints(self, count: int) -> None:
        with TaskRunner() as local:
            here = [local.start(cost_of_checkpoints, count).result() for _ in range(5)]
        there = [self.runner.start(cost_of_checkpoints, count).result() for _ in range(5)]
        for number, what in enumerate(("checkpoint", "report")):
            before, after = (min(row[number] for row in side) for side in (here, there))
            print(f"{what}: in a thread here {before:.0f} ns, on a worker {after:.0f} ns, ratio {after / before:.2f}")

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
        print(f"stop: one client.run {before:.1f} ms, from click to end {after:.1f} ms, ratio {after / before:.2f}")

    def running(self, count: int, seconds: float) -> None:
        def plainly() -> None:
            self.client.gather([self.client.submit(sleep_plainly, seconds, pure=False) for _ in range(count)])

        def ours() -> None:
            for task in [self.runner.start(report, seconds) for _ in range(count)]:
                task.result(300)

        _, before = self.measure(plainly)
        told = self.client.run_on_scheduler(events)
        _, after = self.measure(ours)
        told = self.client.run_on_scheduler(events) - told
        print(
            f"{count} running for {seconds:g} s, scheduler's CPU: plain {before:.2f} s, taskmon {after:.2f} s,"
            f" ratio {after / before:.2f}; {told / seconds:.0f} messages/s"
        )


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--short", type=int, default=1_000)
    options.add_argument("--running", type=int, nargs="*", default=[64, 1_000])
    options.add_argument("--workers", type=int, default=4)
    options.add_argument("--seconds", type=float, default=10)
    chosen = options.parse_args()
    threads = max([2, *(-(-count // chosen.workers) for count in chosen.running)])
    with dask_cluster(**{f"w{number}": threads for number in range(chosen.workers)}) as cluster:
        costs = Costs(cluster, cluster.connect())
        costs.short_tasks(100, 1)  # once for what is made at the first time
        costs.short_tasks(chosen.short, 3)
        costs.checkpoints(1_000_000)
        costs.stops(20)
        for count in chosen.running:
            costs.running(count, chosen.seconds)


if __name__ == "__main__":
    main()
