# expect: w: puts ('stop',) into commands
"""A command in a queue ends the thread; commands are told apart by a match statement."""

import queue
import threading
import time

commands = queue.Queue()


def work():
    while True:
        match commands.get():
            case ("stop",):
                return
            case ("do", _):
                time.sleep(0.01)


t = threading.Thread(target=work, name="w")
t.start()
until = time.monotonic() + 60
while t.is_alive():
    commands.put(("do", 1))
    time.sleep(0.1)
    if time.monotonic() > until:
        commands.put(("stop",))
print("over")
