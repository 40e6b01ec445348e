"""The hooks together: put in place as the first thing in the program, and taken out again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from taskmon.watch.hooks.output import OutputHook
from taskmon.watch.hooks.patching import ImportWatcher, report
from taskmon.watch.hooks.raw_threads import OwnThreads
from taskmon.watch.own_threading import Lock

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from weakref import ref

    from taskmon.watch.hooks.bars import BarHook
    from taskmon.watch.hooks.children import ChildHook
    from taskmon.watch.hooks.execs import ExecHook
    from taskmon.watch.hooks.greenlets import GreenletHook
    from taskmon.watch.hooks.pools import PoolHook
    from taskmon.watch.hooks.process_pools import ProcessPoolHook
    from taskmon.watch.hooks.qt_pools import QtPoolHook
    from taskmon.watch.hooks.raw_ends import RawEnds
    from taskmon.watch.hooks.task_ends import TaskEndHook
    from taskmon.watch.hooks.threads import ThreadHook


#: Where other libraries have their bars, and what hooks into them.
_OTHER_BARS: Final = {
    "click._termui_impl": "install_click",
    "prompt_toolkit.shortcuts.progress_bar.base": "install_prompt_toolkit",
    "dask.diagnostics.progress": "install_dask",
    "alive_progress.core.progress": "install_alive",
    "enlighten._counter": "install_enlighten",
}


#: The bindings of Qt.
_QT: Final = ("PySide6.QtCore", "PyQt6.QtCore", "PyQt5.QtCore", "PySide2.QtCore")


#: Where pools of processes are, and what hooks into them.
_PROCESS_POOLS: Final = {
    "concurrent.futures.process": "install_executor",
    "loky.process_executor": "install_executor",
    "joblib.externals.loky.process_executor": "install_executor",
    "multiprocessing.pool": "install_pool",
}


class Hooks:
    """All that listens in the program.

    What a program may never need is loaded once it imports what that listens to, or once somebody looks: many a process
    that a program starts is over before either.
    """

    def __init__(self) -> None:
        self._making = Lock()  # the program may import a module while the agent begins to look
        self._threads: ThreadHook | None = None
        self._pools: PoolHook | None = None
        self._bars: BarHook | None = None
        self.qt_pools: QtPoolHook | None = None
        """What hears of Qt's pools, once a binding of Qt has been imported."""
        self.raw_ends: RawEnds | None = None
        """What tells how threads end that ``threading`` knows nothing of, once there are such."""
        self.process_pools: ProcessPoolHook | None = None
        """What hears of pools of processes, once the program has imported such a thing."""
        self.task_ends: TaskEndHook | None = None
        """What hears how tasks of asyncio end that nobody keeps, once the program has imported those."""
        self.greenlets: GreenletHook | None = None
        """What hears of gevent's greenlets, once the program has imported gevent."""
        self.parents_loops: list[ref[Any]] = []
        """The event loops that a forked process has from its parent; see `taskmon.watch.event_loops`."""
        self.output = OutputHook()
        self.imports = ImportWatcher()
        self.own_threads = OwnThreads()
        self.execs: ExecHook | None = None
        self.children: ChildHook | None = None
        self.hands_on = False
        """Whether processes that the program starts are watched as well."""

    @property
    def threads(self) -> ThreadHook:
        """What hears of threads. Any thread."""
        with self._making:
            if self._threads is None:
                from taskmon.watch.hooks.threads import ThreadHook

                self._threads = ThreadHook()
            return self._threads

    @property
    def pools(self) -> PoolHook:
        """What hears of calls submitted to pools of threads. Any thread."""
        with self._making:
            if self._pools is None:
                from taskmon.watch.hooks.pools import PoolHook

                self._pools = PoolHook()
            return self._pools

    @property
    def bars(self) -> BarHook:
        """What hears of progress bars. Any thread."""
        with self._making:
            if self._bars is None:
                from taskmon.watch.hooks.bars import BarHook

                self._bars = BarHook()
            return self._bars

    def install(self, *, output: bool = True) -> None:
        """Put them in place, what hears the `output` only if it is worth its while. One that cannot be is left out."""
        hooks = (self._wait_for_modules, self.own_threads.hide)
        for install in (*hooks, self.output.install) if output else hooks:
            try:
                install()
            except Exception as error:
                report(error)

    def _wait_for_modules(self) -> None:
        self.imports.when_imported("threading", self._install_threads)
        self.imports.when_imported("concurrent.futures.thread", self._install_pools)
        for name, installer in _PROCESS_POOLS.items():
            self.imports.when_imported(name, self._process_pool_installer(installer))
        self.imports.when_imported("asyncio.taskgroups", self._install_task_ends)
        self.imports.when_imported("gevent.greenlet", self._install_greenlets)
        for name in _QT:
            self.imports.when_imported(name, self._install_qt)
        self.imports.when_imported("tqdm.std", self._install_tqdm)
        self.imports.when_imported("rich.progress", self._install_rich)
        for name, installer in _OTHER_BARS.items():
            self.imports.when_imported(name, self._other_bars_installer(installer))

    def watch_children(self, make: Callable[[], ChildHook]) -> None:
        """Hand the watcher to the processes that the program starts, once it can start any."""

        self.hands_on = True

        def hook() -> ChildHook:
            if self.children is None:
                self.children = make()
            return self.children

        self.imports.when_imported("subprocess", lambda module: hook().install(module))
        self.imports.when_imported("multiprocessing.util", lambda module: hook().install_spawn(module))

    def _install_threads(self, module: ModuleType) -> None:
        self.threads.install(module)

    def _install_pools(self, module: ModuleType) -> None:
        self.pools.install(module)

    def _install_qt(self, module: ModuleType) -> None:
        from taskmon.watch.hooks.qt_pools import QtPoolHook

        self.qt_pools = self.qt_pools or QtPoolHook()
        self.qt_pools.install(module)

    def _install_task_ends(self, module: ModuleType) -> None:
        from taskmon.watch.hooks.task_ends import TaskEndHook

        self.task_ends = TaskEndHook()
        self.task_ends.install(module)

    def _install_greenlets(self, module: ModuleType) -> None:
        from taskmon.watch.hooks.greenlets import GreenletHook

        self.greenlets = self.greenlets or GreenletHook()
        self.greenlets.install(module)

    def _process_pool_installer(self, name: str) -> Callable[[ModuleType], object]:
        def install(module: ModuleType) -> None:
            from taskmon.watch.hooks.process_pools import ProcessPoolHook

            self.process_pools = self.process_pools or ProcessPoolHook()
            getattr(self.process_pools, name)(module)

        return install

    def _other_bars_installer(self, name: str) -> Callable[[ModuleType], object]:
        def install(module: ModuleType) -> None:
            from taskmon.watch.hooks import other_bars

            getattr(other_bars, name)(module, self.bars)

        return install

    def _install_tqdm(self, module: Any) -> None:
        from taskmon.watch.hooks.tqdm_bars import install

        install(module, self.bars)

    def _install_rich(self, module: Any) -> None:
        from taskmon.watch.hooks.rich_bars import install

        install(module, self.bars)

    def forked(self) -> None:
        """In a forked child, in which they go on: what they have noted was its parent's."""
        self._making = Lock()
        if self._threads is not None:
            self._threads.new.clear()
        if self._bars is not None:
            self._bars.new.clear()
        if self.qt_pools is not None:
            self.qt_pools.new.clear()
        if self._pools is not None:
            self._pools.forget()
        if self.task_ends is not None:
            self.task_ends.listeners.clear()
        if self.process_pools is not None:
            self.process_pools.forget()
        if self.raw_ends is not None:
            self.raw_ends.forget()
        if self.greenlets is not None:
            self.greenlets.new.clear()
        self.output.forget()
        if "asyncio.tasks" in sys.modules:
            from taskmon.watch.event_loops import running_loops

            self.parents_loops = running_loops(sys._getframe(1))
        if self.children is not None:
            self.children.forget()

    def rest(self) -> None:
        """Nobody watches, and nobody is expected."""
        self.output.uninstall()
        if self.process_pools is not None:
            self.process_pools.wanted = False

    def undo(self) -> None:
        """Take all of them out, as far as that is possible while the program runs."""
        self.imports.stop()
        self.own_threads.undo()
        if self.execs is not None:
            self.execs.patches.undo()
        if self.children is not None:
            self.children.patches.undo()
        self.output.uninstall()
        if self._threads is not None:
            self._threads.undo()
        if self._pools is not None:
            self._pools.undo()
        if self.task_ends is not None:
            self.task_ends.patches.undo()
        if self.process_pools is not None:
            self.process_pools.patches.undo()
        if self.raw_ends is not None:
            self.raw_ends.patches.undo()
        if self.qt_pools is not None:
            self.qt_pools.patches.undo()
        if self.greenlets is not None:
            self.greenlets.undo()
        if self._bars is not None:
            self._bars.undo()
