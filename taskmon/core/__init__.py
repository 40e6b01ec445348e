"""Stop tokens, tasks and the runner: the standard library only, no Qt.

Two rules keep it free of deadlocks. Locks are taken in one order: engine, task (a parent before its child), queue or
token. And foreign code (stop and done callbacks, subscribers, a worker's ``__str__``) runs outside all of them.
"""
