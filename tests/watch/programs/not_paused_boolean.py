# expect: play: nothing
"""A pause flag that makes the loop idle."""

import threading
import time


class Player:
    def __init__(self):
        self.paused = False
        self.position = 0

    def toggle(self):
        self.paused = not self.paused

    def play(self):
        while True:
            while self.paused:
                time.sleep(0.05)
            self.position += 1
            time.sleep(0.02)


player = Player()
threading.Thread(target=player.play, daemon=True).start()

try:
    while True:
        time.sleep(0.2)
except KeyboardInterrupt:
    print("bye")
