"""The wire between programs and the window: standard library only.

A program describes its own tasks over it and is asked to stop, pause or resume them; it can do nothing else. The
window listens and shows them as tasks like its own. The user's command line speaks to the window over the same channel.

===================== =========================================================================================
frames, pictures,     bytes into messages; snapshots into messages; and back, where nothing is believed
checked
channel               the one place where all meet: a folder of the user's own, a lock, a socket
publisher, talk,      the program's end: looks for the window, tells of its tasks, obeys. `here` is for programs that
outbox, here          know taskmon
conversation, asking  one connection to the window; and the command line's questions over one
server, guest, peers  the window's end: one thread, connections within bounds, programs among them
source, remote        the tasks of other programs, as the window has them
control, roster       what the command line may ask for; what the window shows, in order
single, opening       one window for each user: joining it, and opening it
===================== =========================================================================================
"""
