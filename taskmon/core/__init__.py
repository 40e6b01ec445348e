"""Stop tokens, tasks and the runner: the standard library only, no Qt.

A walk through the rooms, from the street to the engine room. Each imports only from those below it.

=============== ================================================================================================
feed            workers over one `queue.Queue`, and an account of what became of each item
runner          `TaskRunner`: the Executor people use
engine          its inside: the live tasks, their counts, what happens at interpreter exit and after a fork
pool, groups    worker threads and the queue before them; groups of which only so many may run at once
task            `Task`: the Future that can be asked to stop, paused, retried
drive           running a task's function, and the one place that decides how it has ended
life, future    a task's state under its one lock, and the one place where states change; the Future it is
context         `TaskContext`: what a worker receives
checkpoints     where a worker pauses and stops, and the one slot it reads
events          facts about tasks, and the hub that hands them on
snapshot, log   the frozen picture of a task; its newest log lines
progress, meter progress that never goes back; how soon a worker would notice a stop
stop            the front door to the stop flag: source, token with shield, flag with callbacks, reason, adopt
deadline        one thread for all deadlines, and none when there is none
turnstile, rate how a window stays fluid beside busy workers; speed and time left
state           the states, and the only table that says which may follow which
threads, errors starting threads without waiting; the exceptions, and errors as safe text
text            text of strangers made safe to show, and figures short
=============== ================================================================================================

Two rules keep it free of deadlocks. Locks are taken in one order: engine, task (a parent before its child), queue or
token. And foreign code (stop and done callbacks, subscribers, a worker's ``__str__``) runs outside all of them.
"""
