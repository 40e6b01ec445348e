"""What names say: evidence that is weighed, never the rule.

A list of names alone misses one flag in eleven, and `done`, `finished`, `connected` mean the opposite elsewhere.
"""

from __future__ import annotations

import functools
import re
from typing import Final


def words(text: str) -> frozenset[str]:
    """A set of words, written as text."""
    return frozenset(text.split())


#: Set to stop.
_STOP: Final = words("""
    stop stopped stopping stopper shutdown shutting quit exit exiting exited terminate terminated terminating kill
    killed abort aborted cancel cancelled canceled cancellation canceling cancelling die halt halted interrupt
    interrupted stopflag stopevent stopthread stopall quitting aborting killing sigterm sigint
""")
#: Cleared to stop.
_RUN: Final = frozenset(["running", "alive", "active", "isrunning", "isalive"])
_RUN_WHOLE: Final = words("""
    run do_run dorun keep_run should_run run_flag run_thread go do_go keep_going keep_running keep_alive
    should_keep_running keep_writing keep_reading keepgoing should_be_running can_run run_forever continue_running
""")
#: Says that something else is meant: that the thread is ready, holds data, is to pause, has news.
_OTHER: Final = words("""
    ready paused pause pausing unpaused resume resumed busy idle dirty available started starting initialized
    initialised init loaded loading reload reloaded reconnect reconnecting restart refresh refreshed wake wakeup
    awake awaken flush flushed data progress result results received pending changed modified updated update new
    have has found success ok failed error response reply ack acknowledged acked complete completed barrier
    release released go_ahead lock locked free freed block blocked unblock unblocked work event_loop loop_ready
    full empty verbose debug dry first trigger triggered notify notified signaled signalled sent written read warm
    synced sync login logged authenticated drained approved allowed permitted confirmed waiting muted tick due
    item items frame frames hit match matched
""")
#: Beside a word for the end they say that somebody has asked for it: `kill_received`.
_HEARD: Final = words("received triggered signaled signalled notified")
#: Neither: who writes it decides.
_NEUTRAL: Final = words("""
    connected open opened is_open listening recording measuring streaming capturing playing done finished finish
    closed closing close enabled online valid live working end ended over polling monitoring watching scanning
""")
#: Parts of machines, that end with the word by chance.
_PARTS: Final = words("endstop backstop doorstop nonstop")
_NEGATED: Final = frozenset(["not", "no", "non", "dont", "never", "without", "un", "isnt"])

#: A method by which a program ends its thread.
_STOPPERS: Final = words("""
    stop close shutdown kill abort disconnect teardown terminate end cancel quit exit halt dispose destroy finish
    interrupt stopall shut killall hangup
""")
_STOPPER_WHOLE: Final = frozenset(
    ["join", "__del__", "__exit__", "tear_down", "close_event", "stop_all", "request_stop"]
)


@functools.lru_cache(4096)
def words_of(name: str) -> tuple[str, ...]:
    """`_wantExit` → ("want", "exit")."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name[:200])
    return tuple(word for word in spaced.lower().split("_") if word)


class Meaning:
    """What a flag's name says of it."""

    STOP, RUN, OTHER, NEUTRAL, NOTHING = "stop", "run", "other", "neutral", "nothing"


@functools.lru_cache(4096)
def meaning(name: str) -> str:
    """One of `Meaning`. Two meanings in one name: the one that would forbid wins (`stop_acknowledged`)."""
    words = words_of(name)
    whole = "_".join(words)
    if whole in _RUN_WHOLE:
        return Meaning.RUN
    found = set(words)
    stop = found & _STOP or any(word.startswith("stop") or word.endswith("stop") for word in found - _PARTS)
    if found & _OTHER - (_HEARD if stop else set()):
        return Meaning.OTHER
    if found & _NEGATED:
        return Meaning.NOTHING
    run = found & _RUN or words[:1] == ("keep",) or "running" in whole
    if stop and found & _NEUTRAL - {"close", "closing", "closed"}:
        return Meaning.NEUTRAL  # `stop_done`: a request, or its answer
    if stop:
        return Meaning.STOP
    if run:
        return Meaning.RUN
    return Meaning.NEUTRAL if found & _NEUTRAL or whole in _NEUTRAL else Meaning.NOTHING


#: What else stands in a name that means nothing but that a thread is to end.
_BESIDE: Final = words("""
    event evt ev flag flags requested request req signal sig thread threads worker workers should must want wants to is
    be do it me us all now please time the has was need needs token loop main global keep on going go run self my soon
    and for of program process app application service task tasks job i we you can may will so called asked received
    triggered signaled signalled notified
    got user by
""")


@functools.lru_cache(4096)
def is_pure(name: str) -> bool:
    """Whether a name says that a thread is to end, and nothing besides: not `stop_loss`, not `server_stopped`."""
    if meaning(name) not in (Meaning.STOP, Meaning.RUN):
        return False
    parts = words_of(name)
    return "_".join(parts) in _RUN_WHOLE or all(
        word in _STOP or word in _RUN or word in _BESIDE or word.startswith("stop") for word in parts
    )


#: Tells how something is, rather than what somebody wants.
_STATES: Final = words("""
    stopped exited terminated killed aborted cancelled canceled halted interrupted closed running alive active
    isrunning isalive
""")
_WISHES: Final = words("should must want wants please request requested req asked keep do")


@functools.lru_cache(4096)
def is_wish(name: str) -> bool:
    """Whether a name says what somebody wants of the thread: `stop`, `cancel_requested`, not `cancelled`, `alive`."""
    if not is_pure(name):
        return False
    parts = set(words_of(name))
    return bool(parts & _WISHES) or not parts & _STATES


_ACTS: Final = words("aborted terminated killed cancelled canceled")


@functools.lru_cache(4096)
def tells_of_an_act(name: str) -> bool:
    """Whether a name says what has been done to something, more than that a loop is over: not `stopped`."""
    return bool(set(words_of(name)) & _ACTS) and not is_wish(name)


@functools.lru_cache(4096)
def is_stopper(function: str) -> bool:
    """Whether a method of this name is one by which a program ends its thread: `stop`, `close`, `request_shutdown`."""
    words = words_of(function)
    if not words or function == "_stop":
        return False
    if function in _STOPPER_WHOLE or "_".join(words) in _STOPPER_WHOLE:
        return True
    if words[0] == "on":  # news from elsewhere, unless it is the user's wish
        return len(words) == 2 and words[1] in {"stop", "quit", "exit", "close", "cancel", "abort", "shutdown"}
    if words[0] in _STOPPERS:
        return not set(words) & {"of", "after", "pause"}
    return words[0] in {"do", "request", "ask", "please", "handle", "force", "safe", "try", "async", "set"} and bool(
        set(words[1:]) & _STOPPERS
    )
