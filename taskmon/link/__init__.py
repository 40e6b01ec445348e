"""The wire between programs and the window: standard library only.

A program describes its own tasks over it (`taskmon.link.publisher`) and is asked to stop, pause or resume them; the
window listens (`taskmon.link.server`) and shows them as tasks like its own (`taskmon.link.remote`). The user's command
line speaks to the window over the same channel (`taskmon.link.control`).

======== ==============================================================================================
frames   bytes into messages and back, for whoever is at the other end
pictures snapshots into messages and back, field by field
channel  the one place where both ends meet: a folder of the user's own, a lock, a socket
======== ==============================================================================================
"""
