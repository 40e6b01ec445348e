# expect: pump: sets state.running to False
"""State kept on a little class that serves as a namespace."""

import threading
import time


class state:
    running = True
    pumped = 0


def pump():
    while state.running:
        state.pumped += 1
        time.sleep(0.05)


def stop_all():
    state.running = False


thread = threading.Thread(target=pump)
thread.start()
while thread.is_alive():
    time.sleep(0.05)
print("pumped:", state.pumped > 0)
