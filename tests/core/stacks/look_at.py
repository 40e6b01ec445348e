"""Run a program's threads and say as JSON what the looks at them tell. Run by the tests, in a process of its own.

The program defines threads as functions without arguments, in a dictionary ``THREADS``, in the order in which they
start. It is looked at until each thread has been told of in the way in which it is expected, or the time is up, and
then many times more.
"""

import json
import os
import sys
import threading
import time

from taskmon.core.stacks.locks import LocksLook
from taskmon.core.stacks.look import FactsLook

PATIENCE = 30.0
PAUSE = 0.03


def main() -> None:
    names: dict[str, object] = {"__name__": "program"}
    with open(sys.argv[1], encoding="utf-8") as file:
        exec(compile(file.read(), sys.argv[1], "exec"), names)
    wanted: dict[str, str] = json.loads(sys.argv[2])
    looks = int(sys.argv[3])
    functions: dict[str, object] = names["THREADS"]  # type: ignore[assignment]
    threads = {
        name: threading.Thread(target=function, name=name, daemon=True)  # type: ignore[arg-type]
        for name, function in functions.items()
    }
    names["threads"] = threads
    for thread in threads.values():
        thread.start()
    pause = threading.Event()
    facts, locks = FactsLook(lambda code: code.co_filename == sys.argv[1]), LocksLook()
    by_ident = {thread.ident: name for name, thread in threads.items()}
    told: dict[str, dict[str, object]] = {}
    seen: dict[str, set[str]] = {name: set() for name in threads}
    owners: dict[str, set[str]] = {name: set() for name in threads}
    circles: list[list[str]] = []

    def look() -> None:
        now = time.monotonic()
        found = facts.look({t.ident: t.native_id for t in threads.values() if t.ident is not None})
        frames = sys._current_frames()
        held = locks.look(facts.unmoved(found, frames), frames, now)
        frames.clear()
        for ident, fact in found.items():
            name = by_ident[ident]
            wakes = None if fact.wakes_at is None else fact.wakes_at - time.monotonic()
            activity = fact.activity.value if fact.activity is not None else ""
            seen[name].add(activity)
            told[name] = {
                "activity": activity, "subject": fact.subject, "channel": fact.channel, "wakes": wakes,
                "function": fact.function, "line": fact.line, "cpu": fact.cpu, "endless": fact.endless,
                "native": fact.native_id == threads[name].native_id,
            }  # fmt: skip
            if ident in held.waits:
                wait = held.waits[ident]
                told[name]["lock"] = wait.name
                told[name]["semaphore"] = wait.is_semaphore
                owner = "" if wait.owner is None else by_ident.get(wait.owner, "other")
                told[name]["owner"] = owner
                owners[name].add(owner)
        circles[:] = [[by_ident.get(ident, "other") for ident in deadlock.threads] for deadlock in held.deadlocks]

    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        look()
        if all(told.get(name, {}).get("activity") == activity for name, activity in wanted.items()):
            break
        pause.wait(PAUSE)
    for found in (*seen.values(), *owners.values()):
        found.clear()
    ever: set[tuple[str, ...]] = set()
    for _ in range(looks):
        look()
        ever.update(map(tuple, circles))
        pause.wait(PAUSE)
    print(json.dumps({
        "told": told, "seen": {name: sorted(found) for name, found in seen.items()},
        "owners": {name: sorted(found) for name, found in owners.items()}, "circles": circles, "ever": sorted(ever),
    }))  # fmt: skip
    sys.stdout.flush()
    os._exit(0)


main()
