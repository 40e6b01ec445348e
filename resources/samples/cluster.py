"""A worker on the machines of a Dask cluster: `python cluster.py tcp://SCHEDULER:8786`; without an address, here.

Open the window (`taskmon`) beside it: the simulations are there, each with a Cancel, and its details name the worker.
They take a minute or less; `--rounds 100` makes them short.
"""

import argparse
import random

from distributed import Client

import taskmon
from taskmon.cluster import ClusterRunner


def simulate(ctx, seed, rounds):
    """An ordinary worker of taskmon: each item of `track` is a checkpoint."""
    numbers = random.Random(seed)
    inside = 0
    for _ in ctx.track(range(rounds), unit="rounds"):
        inside += sum(numbers.random() ** 2 + numbers.random() ** 2 < 1 for _ in range(1_000))
    ctx.log(f"{inside} of {rounds * 1_000} points inside")
    return 4 * inside / (rounds * 1_000)


def main():
    """Start eight of them, cancel one, and print what came out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address", nargs="?", help="of the scheduler; without it, a cluster is started here")
    parser.add_argument("--rounds", type=int, default=5_000)
    options = parser.parse_args()
    with Client(options.address) if options.address else Client(dashboard_address=":0") as client:
        with ClusterRunner(client) as runner:
            taskmon.publish(runner)  # in the window, whenever one is open
            tasks = [runner.start(simulate, seed, options.rounds, name=f"Simulation {seed}") for seed in range(8)]
            tasks[7].cancel("seven are enough")
        for task in tasks:
            print(f"{task.name}: {task.state.value}" + ("" if task.cancelled() else f", {task.result():.3f}"))


if __name__ == "__main__":
    main()
