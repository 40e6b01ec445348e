# expect: mill: sets dusk
"""What sets the Event is handed out as a bound method."""

import threading
import time


def build():
    dusk = threading.Event()

    def grind():
        while not dusk.is_set():
            time.sleep(0.02)

    return threading.Thread(target=grind, name="mill"), dusk.set


t, at_dusk = build()
t.start()
t.join(30)
at_dusk()
print("over")
