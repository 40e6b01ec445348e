# expect: play: sets self.state to State.STOPPED
"""A player with states."""

import enum
import threading
import time


class State(enum.Enum):
    PLAYING = 1
    PAUSED = 2
    STOPPED = 3


class Player:
    def __init__(self):
        self.state = State.PLAYING
        self.position = 0

    def pause(self):
        self.state = State.PAUSED

    def stop(self):
        self.state = State.STOPPED

    def play(self):
        while self.state != State.STOPPED:
            if self.state == State.PLAYING:
                self.position += 1
            time.sleep(0.02)


player = Player()
thread = threading.Thread(target=player.play)
thread.start()
thread.join()
print("played:", player.position > 0)
