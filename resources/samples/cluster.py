"""A worker on the machines of a Dask cluster: `python cluster.py tcp://SCHEDULER:8786`; without an address, here.

Open the window (`taskmon`) beside it: the simulations are there, each with the worker that it runs on and a Cancel.
"""

import random
import sys

from distributed import Client

import taskmon
from taskmon.cluster import ClusterRunner


def simulate(ctx, seed, points):
    """An ordinary worker of taskmon: each item of `track` is a checkpoint."""
    numbers = random.Random(seed)
    inside = 0
    for _ in ctx.track(range(points), unit="points"):
        inside += numbers.random() ** 2 + numbers.random() ** 2 < 1
    ctx.log(f"{inside} of {points} inside")
    return 4 * inside / points


def main():
    """Start eight of them, cancel one, and print what came out."""
    address = sys.argv[1] if len(sys.argv) > 1 else None
    with Client(address, dashboard_address=":0") if address is None else Client(address) as client:
        with ClusterRunner(client) as runner:
            taskmon.publish(runner)  # in the window, whenever one is open
            tasks = [runner.start(simulate, seed, 300_000, name=f"Simulation {seed}") for seed in range(8)]
            tasks[7].cancel("seven are enough")
        for task in tasks:
            print(f"{task.name}: {task.state.value}" + ("" if task.cancelled() else f", {task.result():.3f}"))


if __name__ == "__main__":
    main()
