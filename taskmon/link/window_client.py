"""The command line's end of the channel: asking the window, joining the one that is open, and opening one.

How to speak to a window is loaded once one listens; a window that starts needs none of it.
"""

from __future__ import annotations

import os
import time

from taskmon.core.base.errors import TaskmonError, complain
from taskmon.link.wire.channel import ChannelError, Claim, connect
from taskmon.link.wire.meeting import address, somebody_listens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Final

    from taskmon.link.wire.connection import Message

#: How long a program may be kept from beginning by a window that is to hear of it, in seconds.
_ANNOUNCE_TIME: Final = 0.5
#: How long the window may take to answer, in seconds. Its UI thread has no part in it.
_ANSWER_TIME: Final = 10.0
#: How long a window may take from its claim to its first answer, in seconds: it loads Qt meanwhile.
_PATIENCE: Final = 30.0
_PAUSE: Final = 0.05


class NoWindowError(Exception):
    """No window of this user is open."""


class Window:
    """A connection to the open window. Use it in a ``with`` block.

    Raises:
        NoWindowError: if there is none.
        TaskmonError: if it does not answer.
    """

    def __init__(self) -> None:
        path = address()
        if not somebody_listens(path):
            raise NoWindowError
        try:
            self._socket = connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            raise NoWindowError from None
        except OSError as error:
            raise _silent(error) from None
        from taskmon.link.wire.client import Client

        try:
            self._client = Client(self._socket)
            welcome = self._guarded(lambda: self._client.greet(role="control"))
            self.pid = int(welcome["pid"])
            """The window's process."""
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def tasks(self, ids: Sequence[int] | None = None) -> list[dict[str, Any]]:
        """Return the tasks, or those of `ids` that there are, as `taskmon.link.window.control.describe` makes them."""
        return self._ask({"t": "list"} if ids is None else {"t": "list", "ids": list(ids)}, "listing")

    def stacks(self, program: str) -> list[dict[str, Any]]:
        """Return the live threads of a program, by its name or process id, as `describe_stack` makes them.

        Asking has their stacks looked at: those that nobody has asked for lately are None at first.
        """
        return self._ask({"t": "stacks", "program": program}, "stacks")

    def cancel(
        self, *, ids: Sequence[int] | None = None, group: str | None = None, reason: str = "", signal: str = ""
    ) -> list[dict[str, Any]]:
        """Ask tasks to stop: those of `ids`, those of `group`, or all. Return what became of each request.

        With the name of a `signal`, that is sent to the programs and processes of `ids` instead.
        """
        message: Message = {"t": "cancel", "reason": reason}
        if signal:
            message["signal"] = signal
        if ids is not None:
            message["ids"] = list(ids)
        elif group is not None:
            message["group"] = group
        return self._ask(message, "cancelled")

    def present(self, start: Sequence[tuple[str, Mapping[str, object]]] = (), *, demo: bool = False) -> str:
        """Bring the window to the front and have it start jobs. Return why it will not, or nothing."""
        from taskmon.link.wire.connection import encode

        token = os.environ.get("XDG_ACTIVATION_TOKEN") or os.environ.get("DESKTOP_STARTUP_ID") or ""
        message = {
            "t": "present",
            "screen": screen(),
            "token": token,
            "demo": demo,
            "start": [[name, dict(values)] for name, values in start],
        }
        try:
            frame = encode(message)
        except (ValueError, TypeError) as error:
            raise TaskmonError("The window cannot be asked", f"Too much is to be started at once: {error}") from None
        answer = self._guarded(lambda: self._exchange(frame))
        return "" if answer["t"] == "done" else str(answer.get("text", ""))[:500]

    def _ask(self, message: Message, kind: str) -> list[dict[str, Any]]:
        from taskmon.link.wire.connection import encode

        found: list[dict[str, Any]] = []
        answer = self._guarded(lambda: self._exchange(encode(message)))
        while answer["t"] == kind:
            found += answer["tasks"]
            answer = self._guarded(lambda: self._client.receive(_ANSWER_TIME))
        if answer["t"] == "error":
            raise TaskmonError("The window refuses", str(answer.get("text", ""))[:500])
        return found

    def _exchange(self, frame: bytes) -> Message:
        self._client.queue([frame])
        return self._client.receive(_ANSWER_TIME)

    def _guarded(self, work: Any) -> Message:
        from taskmon.link.wire.client import NoRoomError

        try:
            return work()  # type: ignore[no-any-return]
        except NoRoomError as error:
            raise TaskmonError("The window refuses", str(error)) from None
        except OSError as error:
            raise _silent(error) from None


def _silent(error: OSError) -> TaskmonError:
    if isinstance(error, TimeoutError):
        return TaskmonError("The window does not answer", "The window does not answer: it may have been stopped")
    return TaskmonError("The window does not answer", f"The window has gone ({error.strerror or error})")


def screen() -> str:
    """Which screen a window would open on: one that is open elsewhere is of no use to whoever sits here.

    Empty where nobody would see it, so that any other will do.
    """
    platform = os.environ.get("QT_QPA_PLATFORM", "").partition(";")[0].partition(":")[0]
    if platform in ("offscreen", "minimal"):
        return ""
    return "/".join((os.environ.get("DISPLAY", "").partition(".")[0], os.environ.get("WAYLAND_DISPLAY", "")))


# -- one window for each user: a second start raises the first, which takes over what was asked for ---------------


def arrive(start: Sequence[tuple[str, Mapping[str, object]]] = (), *, demo: bool = False) -> tuple[Claim | None, bool]:
    """Claim the place of the window, or hand over to the one that has it.

    Returns:
        The claim, or None where other programs cannot be shown in a window of this process; and whether all has been
        handed over, so that none is to be opened.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            claim = Claim.take()
        except ChannelError:
            return None, False
        if claim is not None:
            return claim, False
        try:
            with Window() as window:
                return None, not window.present(start, demo=demo)
        except NoWindowError:  # it has just begun, or is about to end
            if time.monotonic() >= end:
                return None, False
        except TaskmonError:  # it has been stopped: a window of one's own is of more use than none
            return None, False
        import threading

        threading.Event().wait(_PAUSE)


# -- for `taskmon run`: is there a window, and if not, open one that outlives this program ------------------------


def window_is_open() -> bool:
    """Whether a window of this user answers. Takes about a millisecond, two seconds if it has been stopped."""
    path = address()
    if not somebody_listens(path):
        return False
    try:
        connect(path).close()
    except TimeoutError:  # stopped, but there
        return True
    except OSError:
        return False
    return True


def announce(program: str) -> str:
    """Tell the open window of a program that this process is about to become, so that its end is seen however it comes.

    Returns:
        What the window knows this run by, or will once it has time to hear of it; empty if none is open.
    """
    path = address()
    if not somebody_listens(path):
        return ""
    from taskmon.link.wire.client import Client, NoRoomError

    run = os.urandom(8).hex()
    try:
        connection = connect(path)
        try:
            client = Client(connection)
            client.greet(within=_ANNOUNCE_TIME, role="peer", program=program, run=run, returns=True, begins=True)
            return run
        finally:
            connection.close()
    except TimeoutError:  # it is busy, and hears of it later; or it has been stopped
        return run
    except (OSError, NoRoomError, ValueError):  # ValueError: a name that is too long for a frame
        return ""


def ensure_window(otherwise: str) -> bool:
    """Open a window unless one is open; return whether one has been started.

    Where there can be none, that is told on the standard error, and what follows: `otherwise`, in a sentence.
    """
    if window_is_open():
        return False
    problem = open_window()
    if problem:
        complain(f"{problem.rstrip('.')}. {otherwise}.")
    return not problem


def open_window() -> str:
    """Start a window, in a session of its own so that it is not ended with this terminal; does not wait for it.

    Returns:
        Why none can be opened, in one sentence; empty if one has been started.
    """
    from taskmon.preflight import window_problem

    problem = window_problem()
    if problem is not None:
        return problem
    import subprocess

    from taskmon.paths import itself

    # By way of a shell that leaves at once: a program that waits for its children must not find a window among them.
    detached = ["/bin/sh", "-c", '"$0" "$@" &', *itself()]
    try:
        subprocess.run(
            detached,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
        )
    except OSError as error:
        return f"The window could not be started: {error.strerror or error}"
    return ""
