# expect: watcher: sets stop
"""An asyncio program with a blocking watcher in a thread."""

import asyncio
import threading
import time

stop = threading.Event()
seen = []


def watcher(stop):
    while not stop.is_set():
        seen.append(time.time())
        time.sleep(0.05)
    return len(seen)


async def main():
    n = await asyncio.to_thread(watcher, stop)
    print("watcher saw something:", n > 0)


asyncio.run(main())
