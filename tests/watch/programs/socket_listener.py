# expect: listen: sets self.running to False
"""A UDP listener that wakes up now and then to look at its flag."""

import socket
import threading


class Listener:
    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.settimeout(0.1)
        self.running = True
        self.packets = 0

    def listen(self):
        while self.running:
            try:
                self.sock.recvfrom(1024)
                self.packets += 1
            except socket.timeout:
                pass
        self.sock.close()

    def close(self):
        self.running = False


listener = Listener()
t = threading.Thread(target=listener.listen)
t.start()
t.join()
print("packets:", listener.packets)
