# expect: crunch: sets cancel
"""A thread pool whose work looks at a cancel event."""

import threading
from concurrent.futures import ThreadPoolExecutor


def crunch(number, cancel):
    total = 0
    while not cancel.wait(0.02):
        total += number
    return total


def main():
    cancel = threading.Event()
    with ThreadPoolExecutor(max_workers=2) as pool:
        futures = [pool.submit(crunch, n, cancel) for n in (1, 2)]
        totals = [f.result() for f in futures]
    print("totals:", len(totals))


main()
