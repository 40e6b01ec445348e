"""What another program says of its tasks, in the user's language.

What would stop a thread, or why nothing does, is found and told inside the program, in English: it knows nothing of its
window's language, and several windows may look at it. So its sentences are recognised here, by what they are made of;
one that is not known stays as it was told.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from taskmon.bridge.language import tr
from taskmon.core.base.translate import mark

#: What stands in a sentence for another one. Anything else in braces is a name or a number and stays as it is.
_PARTS: Final = frozenset({"means", "why", "deed", "harm", "ended"})
#: Sentences that are made of others: tried first, from the outermost in.
_COMPOUND: Final = (
    mark("{deed}; {n} of its calls have no rows of their own"),
    mark("{deed}; 1 of its calls has no row of its own"),
    mark("{deed}; {n} of its calls taken out of the queue"),
    mark("{deed}; {n} of its calls failed"),
    mark("{ended}: Dask starts it again, attempt {n}"),
    mark("{deed}, not all of them shown"),
    mark("Attempt {n}: {ended}"),
    mark("what was found {means}"),
    mark("no way to stop this thread was found: {why}"),
    mark("{means}; also ends the program: {program}"),
    mark("{means}; asks the {n} processes that it has started as well"),
    mark("{means}; asks the process that it has started as well"),
    mark("{means}; called its own {method}()"),
    mark("{means}; woke those who wait on {name}"),
    mark("{flag} ends its loop, but {why}"),
    mark("{means}, but {why}"),
    mark("{means}, after {n} items"),
    mark("{means}, after 1 item"),
    mark("others look at it, and its own {method}() does more: it also {harm}"),
    mark("others look at it, and its own {method}() does more: {why}"),
    mark("its own {method}() also tells others, through {what}"),
    mark("others look at it as well: {deed}"),
    mark("it then puts {value} into {queue}, and {name}() {deed}"),
    mark("it then gives a sign by {what}, and {name}() {deed}"),
    mark("it also ends {name}(), which another thread runs"),
    mark("it does more than end this thread: {why}"),
    mark("{method}() would do nothing any more: it also {harm}"),
    mark("{method}() would do nothing any more: {why}"),
    mark("it tells of what {method}() does: it also {harm}"),
    mark("it tells of what {method}() does: {why}"),
    mark("the thread works on after it: {deed}"),
    mark("nobody ends the thread by it, and it would leave off in the midst of its work: {deed}"),
    mark("the main thread waits for it as well and works afterwards: {deed}"),
    mark("another thread waits for it in {where} and works afterwards: {deed}"),
    mark("{name}() acts as soon as it has ended: {deed}"),
    mark("the top of the program, line {line}, acts on how it is: {deed}"),
    mark("{name}(), line {line}, acts on how it is: {deed}"),
    mark("the top of the program, line {line}, {deed}"),
    mark("{name}(), line {line}, {deed}"),
)
_SIMPLE: Final = (
    # How a pool is getting on, and how it ended.
    mark("in {n} processes"),
    mark("in 1 process"),
    mark("{n} of its calls failed"),
    mark("{n} of its calls taken out of the queue"),
    mark("{n} of its calls have no rows of their own"),
    mark("1 of its calls has no row of its own"),
    # The connection to a cluster.
    mark("Connection to {name}"),
    mark("No contact since {time}"),
    mark("{workers} workers, {n} tasks to do"),
    mark("{workers} workers, 1 task to do"),
    mark("1 worker, {n} tasks to do"),
    mark("1 worker, 1 task to do"),
    # What a cancel does.
    mark("sets {flag} to {value}"),
    mark("sets {flag}"),
    mark("clears {flag}"),
    mark("takes {value} out of {set}"),
    mark("puts {value} into {queue}"),
    mark("puts {value} into {queue} ({n} consumers)"),
    mark("puts {value} into {queue} as soon as there is room"),
    mark("calls {method}"),
    mark("calls its own {method}()"),
    mark("calls shutdown() of the server"),
    mark("calls shutdown() of {queue}"),
    mark("calls cancel() of its worker"),
    mark("calls requestInterruption() of its thread"),
    mark("cancels the timer"),
    mark("asks each of its tasks to stop"),
    mark("takes it out of the queue"),
    mark("takes the waiting calls out of the queue"),
    mark("takes the waiting calls out of the queue and stops those that run, where that is possible"),
    mark("stops those that run, where that is possible"),
    mark("stops at the next item of “{bar}”"),
    mark("raises TaskCancelled at its next item, in its own thread"),
    mark("raises CancelledError at its next await"),
    mark("raises GreenletExit where it waits, as its kill() does; it may leave something half done"),
    mark("interrupts it, as Ctrl-C does (SIGINT)"),
    mark("interrupts it, as Ctrl-C does: raises KeyboardInterrupt in its main thread"),
    mark("ends it at once, as Ctrl-C does (SIGINT)"),
    mark("asks it to end, as Ctrl-C does (SIGINT)"),
    mark("asks it to end, as Ctrl-C does, by its event loop"),
    mark("asks it to end, as Ctrl-C does: its main coroutine is cancelled"),
    mark("asks it to end: calls quit() of its application"),
    mark("asks each of its tasks to stop, then calls quit() of its application"),
    mark("asks it to end, as Ctrl-C does: calls {method}()"),
    mark("asks it to end (SIGTERM)"),
    mark("kills it (SIGKILL): it cannot clean up"),
    # Why a cancel can do nothing.
    mark("nothing is known yet of how it could be stopped"),
    mark("no way to stop it was found"),
    mark("no way to stop this thread was found"),
    mark("it has not begun"),
    mark("it ignores Ctrl-C (SIGINT)"),
    mark("it belongs to a library, which may rely on it"),
    mark("they belong to libraries, which may rely on them"),
    mark("it is a part of the program, which may rely on it"),
    mark("it is what its process does, which is a part of the program"),
    mark("its task belongs to {library}, which may take that for a failure"),
    mark("it runs in a thread of {library}, and nothing that would stop it was found"),
    mark("it runs in a thread that it did not start, and nothing that would stop it was found"),
    mark("it was started without the threading module, so little is known of it"),
    mark("its threads are green threads ({library}), which cannot be reached from another thread"),
    mark("it is a greenlet, which may leave something half done if it is killed"),
    mark("its thread may have other work to do"),
    mark("its nursery of trio would end all that run in it"),
    mark("other threads advance it, and they must not be stopped along with it"),
    mark("nothing has advanced it yet, so it is not known which thread will"),
    mark("what it has taken from a queue would never be done, and others may wait for that"),
    mark("each of them is over before it could be stopped"),
    mark("nothing waits, and none of those that run can be stopped by a plain Cancel"),
    mark("nothing waits, and what runs in other processes cannot be taken back"),
    mark("it runs in a process of its pool; to end that process would break the pool"),
    mark("it has been handed to the processes of its pool, which do not give it back"),
    mark("a multiprocessing.Pool does not give back what it was given"),
    mark("it is only looked at; restart it with “taskmon run” to be able to cancel"),
    mark("what runs there later is interrupted as well"),
    mark("it runs code that is not Python"),
    mark("it runs code of a library"),
    mark("its source is not kept anywhere: it was made while the program ran, by exec() for instance"),
    mark("its source file is missing"),
    mark("its source was changed since it was started, or rewritten on import"),
    mark("it is a lambda, and Python was told not to keep where in its line it stands"),
    mark("No contact with the cluster since {time}"),
    mark("Dask can only forget it: a function that runs goes on, unseen, until it returns"),
    mark("Dask can only forget them: functions that run go on, unseen, until they return"),
    mark("Other tasks need its result, and would be cancelled with it"),
    mark("takes back what has not begun; what has goes on until it returns"),
    mark("disconnects; the tasks go on"),
    mark("{n} of its tasks have failed, or what they need has"),
    mark("Dask has forgotten the rest: it was cancelled, or nobody wants it any more"),
    mark("It is on its worker, where it may begin at any moment, and Dask cannot stop what has begun"),
    mark("it is at its end"),
    mark("there is no contact with it any more"),
    # How it ended.
    mark("Ended with status {n}"),
    mark("Ended by {signal}"),
    mark("Ended by {signal}, sent by you"),
    mark("Ended after {signal}, sent by you"),
    mark("How it ended was not seen."),
    mark("Ended, status not known"),
    mark("Cut off when the program ended"),
    mark("It ended at {done} of {total}."),
    mark("It has returned to {library}."),
    mark("Returned; its result was not seen"),
    mark("What becomes of it cannot be seen."),
    mark("its pool was ended before it was done"),
    mark("its program ended; the process may go on"),
    mark("Its program started itself anew"),
    mark("The program is still there, but has broken off its connection"),
    mark("The program is still there, but shows its tasks no more"),
    mark("Its program has become another program, {name}, which is not watched"),
    mark("it has become another program, {name}, which is not watched"),
    mark("It has ended, but how was lost on the way"),
    mark("Its worker was lost"),
    mark("Its workers were lost, one after the other: Dask gave it up after {n} attempts"),
    mark("Its worker was lost: Dask gave it up after 1 attempt"),
    mark("It cannot be sent to the cluster: {problem}"),
    mark("Its result cannot be moved here: {problem}"),
    mark("Its work was done, but its result was lost together with the contact"),
    mark("{worker} has no taskmon: install it there: {command}"),
    mark("{worker} has no module {name}: install it there"),
    mark("Dask starts it again, attempt {n}"),
    mark("Attempt {n}"),
    mark("It has failed"),
    mark("It ended while its program could not be heard"),
    mark("It left through a {name}."),
    mark("The program has gone without a word"),
    mark("nothing is known of it yet"),
    mark("runs greenlets of {library}, which are not shown one by one"),
    mark("has loaded what runs several interpreters: to look into its threads is not safe on this Python"),
    mark("process {pid}"),
    mark("worker (process {pid})"),
    mark("copy of the program (process {pid})"),
    mark("fork server (process {pid})"),
    mark("{worker} was lost"),
    mark("Dask has forgotten it: how it has ended is not known"),
    mark("The client was closed, or has lost its scheduler: Dask gives up its tasks"),
    mark("The cluster has forgotten it: it was cancelled there, or the contact was lost for a while"),
    # Why what was found is not set by a plain cancel.
    mark("another flag is the surer one"),
    mark("nobody ends the thread by it"),
    mark("{name}() takes it out by {method}, which fails once it has gone"),
    mark("it could not be called once more: the thread closes what it writes into"),
    mark("others may wait for what they have handed to its loop"),
    mark("only the program itself knows how to make such an item"),
    mark("others take from it as well, and its own method is for one of them"),
    mark("{name}() would wait for ever with what it holds, as soon as the queue is full"),
    mark("the thread would keep {lock} for good: {where}"),
    mark("the thread itself puts another one in its place"),
    mark("it is set already"),
    mark("it holds what is to be done"),
    mark("it also holds other values"),
    mark("it may be an item like any other"),
    mark("it belongs to a library"),
    mark("it belongs to {owner}, which has a thread of its own"),
    mark("it does more than to set it"),
    mark("it closes {what}, which {name}() uses as well"),
    mark("it closes {what}, which the top of the program uses as well"),
    mark("{name}() takes it from {what}, to give it work"),
    mark("the top of the program takes it from {what}, to give it work"),
    mark("it takes away from {what}, which {name}() uses as well"),
    mark("it takes away from {what}, which the top of the program uses as well"),
    mark("it tells that the work of others is done, for whom this thread is there"),
    mark("it is everybody's, and looked at only in one branch of the loop"),
    mark("it is never set without {what}, with which it tells how its object is"),
    mark("it tells of {what}, which is written with it and which the thread then goes by"),
    mark("it then puts {value} into {queue}, and {name}() goes by that (line {line})"),
    mark("it is also changed while the thread works"),
    mark("its name says the opposite"),
    mark("its name says something else"),
    mark("its object has other threads"),
    mark("its own {method}() does more than to set it, and may end other threads as well"),
    mark("which method of its own object stops it is not known"),
    mark("only its own method knows what to make of it"),
    mark("only the thread itself sets it"),
    mark("only another thread sets it, which may mean that it tells how far things are"),
    mark("the thread takes it back, as one does with news"),
    mark("the thread goes on with another loop"),
    mark("the program switches it on and off, which may mean a pause"),
    mark("the program itself assigns several values that would stop it"),
    mark("the program itself never assigns a value that would stop it"),
    mark("the program ends with it, and cuts {thread} off, which nobody waits for"),
    mark("the main thread works until it is set"),
    mark("setting it would reach other processes, or run the program's own code"),
    mark("any empty item ends the thread, so None may mean something else"),
    mark("all who take from it would end, and {name} still puts work into it"),
    mark("all who take from {queue} would end"),
    mark("{queue}.join() would wait for ever: the thread ends without a task_done() for it"),
    mark("{name}() takes from it as well"),
    mark("{name}() takes from it as well, and may not know what it means"),
    mark("what is put into {queue} then fails: {name}()"),
    mark("others wait for it at {where}"),
    mark("another thread waits for its {what}"),
    mark("{name}() looks for its {what}"),
    mark("the top of the program looks for its {what}"),
    mark("another thread would leave off in the midst of its work: {where}"),
    mark("others act as soon as it no longer renews {what}"),
    mark("{name}() would take it for dead, and calls {method}()"),
    mark("{name}() is called as soon as it has ended"),
    mark("{name}() is called as soon as it has ended, and works with what it returns"),
    mark("{name}() waits for what it returns, and works with that: {worker}"),
    mark("{name}() waits for its end, and works with what it has made: {worker}"),
    mark("{name}() waits for its end, after which it is told that all is done"),
    mark("the top of the program waits for its end, after which it is told that all is done"),
    mark("{name}() uses the name, and its source cannot be read"),
    mark("a lambda at line {line} looks at it as well"),
    # What somebody does.
    mark("looks at it as well"),
    mark("waits for it as well"),
    mark("hands it on"),
    mark("fails then, and others call it"),
    mark("does nothing then, and others call it"),
    mark("sets it for others as well (line {line})"),
    mark("goes on in a loop (line {line})"),
    mark("with what it has collected in {what}"),
    mark("calls {method}() (line {line})"),
    mark("writes {what} (line {line})"),
    mark("does something else (line {line})"),
    mark("waits as a coroutine does (line {line})"),
    mark("line {line}"),
    mark("its source cannot be read"),
    mark("it needs arguments"),
    mark("it is a coroutine"),
    mark("it is not meant to be called from outside"),
    # What a program waits for.
    mark("its main thread has ended; it waits for {names}"),
    mark("its main thread has ended; it waits for {names} and {n} others"),
)


def in_users_words(sentence: str) -> str:
    """Return a sentence that a program told, in the user's language if it is known."""
    return _translated(sentence, tr(_SIMPLE[0])) if sentence else sentence


@lru_cache(maxsize=1024)
def _translated(sentence: str, language: str) -> str:
    """`language` is known by how it says one of them."""
    if language == _SIMPLE[0]:
        return sentence  # English
    for pattern, template in _patterns():
        found = pattern.fullmatch(sentence)
        if found is not None:
            parts = found.groupdict()
            return tr(template).format(
                **{name: _translated(part, language) if name in _PARTS else part for name, part in parts.items()}
            )
    return sentence


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Of two that fit, the one that says more in words of its own comes first."""
    simple = sorted(_SIMPLE, key=lambda template: -len(re.sub(r"\{\w+\}", "", template)))
    return [(_pattern(template), template) for template in (*_COMPOUND, *simple)]


def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", template)
    named = (re.escape(piece) if place % 2 == 0 else f"(?P<{piece}>.+?)" for place, piece in enumerate(pieces))
    return re.compile("".join(named), re.DOTALL)
