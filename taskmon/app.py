"""The window application: the one place where its parts are put together, and taken apart in order."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from taskmon import __version__, binding
from taskmon.bridge.language import Language
from taskmon.bridge.settings import AppSettings, keys
from taskmon.core.base.errors import complain
from taskmon.core.base.text import plain
from taskmon.jobs import BUILTIN_JOBS
from taskmon.paths import resource
from taskmon.ui.widgets.appearance import Appearance
from taskmon.ui.window.window import MainWindow

if TYPE_CHECKING:
    from taskmon import TaskRunner
    from taskmon.bridge.controller import TaskController
    from taskmon.bridge.programs.linked import Link
    from taskmon.link.wire.channel import Claim
    from taskmon.ui.window.desktop import Surroundings

#: How long stragglers are waited for after the window has gone, in seconds: their time was up before.
_LAST_WAIT: Final = 0.2
#: The longest time that a timer of Qt takes, in milliseconds.
_LONGEST_TIMER: Final = 2**31 - 1


def main(
    *, start: Sequence[tuple[str, Mapping[str, object]]] = (), demo: bool = False, claim: Claim | None = None
) -> int:
    """Open the window, start what was asked for, and return the exit status once it has closed.

    With `claim`, or if nobody has it, this is the window that shows other programs.

    Does not return if a worker refuses to leave: the process then ends right here, with the same status.
    """
    try:
        quit_after = _quit_after()
    except ValueError as error:
        complain(str(error))
        return 2
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        # Not setStyle(), which returns the style: to load that class takes a twentieth of the start.
        app = QApplication([*sys.argv[:1], "-style", "Fusion"])
    app.setApplicationName("taskmon")
    app.setApplicationDisplayName("taskmon")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("org.taskmon.Taskmon")
    app.setQuitOnLastWindowClosed(False)  # a hidden window may still be waiting for its tasks
    settings = AppSettings(app)
    language = Language(app)
    language.use(settings.get(keys.LANGUAGE))
    appearance = Appearance(app, settings)

    tasks = _Tasks(app, settings)
    window = MainWindow(tasks.make, tuple(BUILTIN_JOBS.values()), start_demo=_start_demo, settings=settings)
    desktop = _Desktop(window, settings, appearance, language)
    window.first_frame.then(appearance.apply)
    window.first_frame.then(desktop.open)
    window.left.connect(app.quit)
    window.first_frame.then(lambda: _hear_of_the_end_of_the_session(app, window))
    signals = _UnixSignals(app)
    signals.received.connect(window.leave_without_asking)
    window.first_frame.then(_set_icon)
    window.first_frame.then(lambda: _open_history_and_programs(window, settings))
    link = _LateLink(tasks, claim, window)
    window.first_frame.then(link.open)
    window.first_frame.then(binding.loaded)
    window.show()
    for name, values in start:
        window.start_job(BUILTIN_JOBS[name], dict(values))
    if demo:
        window.start_demo()  # the first frame shows rows
    if quit_after is not None:
        QTimer.singleShot(quit_after, window.leave_without_asking)

    status = app.exec()

    desktop.close()
    tasks.close()
    link.close()
    settings.close()
    language.close()
    all_left = tasks.end()
    if window.programs is not None:
        window.programs.programs.close()
    if window.history is not None:
        window.history.history.close(_LAST_WAIT * 5)
    if not all_left:
        # A daemon thread that is still in Qt or in C when the interpreter is torn down crashes it.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    signals.close()  # last: a third Ctrl-C must not interrupt the steps above
    return status


def _hear_of_the_end_of_the_session(app: QApplication, window: MainWindow) -> None:
    from PySide6.QtCore import Qt

    app.commitDataRequest.connect(window.leave_without_asking, Qt.ConnectionType.DirectConnection)


class _Tasks:
    """The runner and what the window reaches its tasks through: made when the window is, for the most part, seen."""

    def __init__(self, app: QApplication, settings: AppSettings) -> None:
        self._app = app
        self._settings = settings
        self._made: tuple[TaskRunner, TaskController] | None = None

    def make(self) -> TaskController:
        """The second step of the window asks for it, once."""
        from taskmon import TaskRunner
        from taskmon.bridge.controller import TaskController
        from taskmon.core.run.runner import default_limit

        runner = TaskRunner()
        self._settings.follow(keys.AT_ONCE, lambda limit: setattr(runner, "max_workers", limit or default_limit()))
        controller = TaskController(runner, BUILTIN_JOBS.values(), self._app)
        self._made = (runner, controller)
        return controller

    @property
    def runner(self) -> TaskRunner:
        """The runner; only after `make`."""
        assert self._made is not None
        return self._made[0]

    def close(self) -> None:
        """Show no task any more."""
        if self._made is not None:
            self._made[1].close()

    def end(self) -> bool:
        """Cancel what runs and wait a moment; return whether every worker has left."""
        if self._made is None:
            return True
        runner = self._made[0]
        runner.cancel_all()
        return runner.shutdown(timeout=_LAST_WAIT) and not runner.tasks()  # the detached ones, which it passes over


def _open_history_and_programs(window: MainWindow, settings: AppSettings) -> None:
    from taskmon.bridge.history.history import History, Limits
    from taskmon.bridge.programs.programs import Programs

    def limits() -> Limits:
        return Limits(days=settings.get(keys.HISTORY_DAYS), megabytes=settings.get(keys.HISTORY_MEGABYTES))

    controller = window.controller
    programs = Programs(controller, controller)
    history = History(controller, controller, limits=limits(), program_arguments=programs.arguments_of)
    for key in (keys.HISTORY_DAYS, keys.HISTORY_MEGABYTES):
        settings.follow(key, lambda _: history.set_limits(limits()))
    window.use_history(history)
    window.use_programs(programs)


def _set_icon() -> None:
    from PySide6.QtGui import QIcon

    QApplication.setWindowIcon(QIcon(str(resource("icons/taskmon.svg"))))


class _LateLink:
    """The link to other programs: what it takes is loaded once the window can be seen."""

    def __init__(self, tasks: _Tasks, claim: Claim | None, window: MainWindow) -> None:
        self._tasks = tasks
        self._claim = claim
        self._window = window
        self._link: Link | None = None

    def open(self) -> None:
        """Show other programs, and hear of further starts."""
        from taskmon.bridge.programs.linked import open_link

        claim, self._claim = self._claim, None
        window = self._window
        self._link = open_link(
            window.controller, self._tasks.runner, claim, window, self._tell, then=window.first_frame.then
        )
        if self._link is not None:
            self._link.summoned.connect(self._come)

    def _tell(self, problem: str) -> None:
        self._window.notices.say(problem)

    def _come(self, request: dict[str, Any]) -> None:
        from taskmon.bridge.programs.linked import wanted_jobs

        self._window.bring_to_front(str(request.get("token") or ""))
        for name, values in wanted_jobs(request):
            if name in BUILTIN_JOBS:
                self._window.start_job(BUILTIN_JOBS[name], values)
        if request.get("demo") is True:
            self._window.start_demo()

    def close(self) -> None:
        """Give up the place of the window."""
        if self._link is not None:
            self._link.close()
        elif self._claim is not None:
            self._claim.close()


def _start_demo(controller: TaskController) -> None:
    from taskmon.jobs.demo import demo_tasks

    tasks = demo_tasks()
    controller.make_room(len(tasks) * 4)  # they only pretend to work, and each should be seen
    for name, function, arguments in tasks:
        controller.start(function, name=name, **arguments)


class _Desktop:
    """What the first frame does not need of settings and desktop, loaded after it."""

    def __init__(
        self,
        window: MainWindow,
        settings: AppSettings,
        appearance: Appearance,
        language: Language,
    ) -> None:
        self._window, self._settings = window, settings
        self._appearance, self._language = appearance, language
        self._surroundings: Surroundings | None = None

    def open(self) -> None:
        from taskmon.ui.window.desktop import Surroundings

        settings = self._settings
        self._window.panel.commands.use_limit = lambda limit: settings.set(keys.AT_ONCE, limit)
        self._surroundings = Surroundings(self._window, self._window.controller, settings, self._appearance)
        settings.follow(keys.LANGUAGE, self._set_language)
        for problem in settings.problems:
            self._tell(problem)
        settings.problem.connect(self._tell)

    def _tell(self, problem: str) -> None:
        self._window.notices.say(problem)  # which makes them: most starts have nothing to say

    def _set_language(self, wish: str) -> None:
        if self._language.wish != wish:
            from taskmon.ui.window.retranslate import change_language

            change_language(self._language, wish)

    def close(self) -> None:
        if self._surroundings is not None:
            self._surroundings.close()


def _quit_after() -> int | None:
    """After how many milliseconds the window closes by itself, so that packagers can prove that it opens and closes.

    Raises:
        ValueError: what was asked for makes no sense; its text is for the user.
    """
    asked = os.environ.get("TASKMON_QUIT_AFTER_MS")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdecimal() and int(asked[:20]) <= _LONGEST_TIMER):
        shown = plain(asked, 40)
        raise ValueError(
            f"TASKMON_QUIT_AFTER_MS must be a number of milliseconds up to {_LONGEST_TIMER}, not “{shown}”."
        )
    return int(asked)


class _UnixSignals(QObject):
    """SIGINT, SIGTERM and SIGHUP as a Qt signal: while Qt's loop runs in C++, Python's own handlers do not.

    Signals:
        received(): the process was asked to end.
    """

    received = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._previous: dict[signal.Signals, object] = {}
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._notifier = QSocketNotifier(self._reader, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_activated)
        self._old_fd = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None:
                self._previous[number] = signal.signal(number, _note)

    @Slot()
    def _on_activated(self) -> None:
        try:
            numbers = set(os.read(self._reader, 4096))
        except BlockingIOError:
            return
        if numbers & {int(number) for number in self._previous}:
            self.received.emit()

    def close(self) -> None:
        """Give the signals back."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._old_fd)
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        os.close(self._reader)
        os.close(self._writer)


def _note(number: int, frame: FrameType | None) -> None:
    """Do nothing: that a handler exists makes Python write the number to the wake-up socket."""
