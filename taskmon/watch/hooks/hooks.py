"""The hooks together: put in place as the first thing in the program, and taken out again."""

from __future__ import annotations

from typing import Any

from taskmon.watch.hooks.bars import BarHook
from taskmon.watch.hooks.output import OutputHook
from taskmon.watch.hooks.patching import ImportWatcher, report
from taskmon.watch.hooks.pools import PoolHook
from taskmon.watch.hooks.threads import ThreadHook


class Hooks:
    """All that listens in the program."""

    def __init__(self) -> None:
        self.threads = ThreadHook()
        self.pools = PoolHook()
        self.bars = BarHook()
        self.output = OutputHook()
        self.imports = ImportWatcher()

    def install(self, *, output: bool = True) -> None:
        """Put them in place, what hears the `output` only if it is worth its while. One that cannot be is left out."""
        for install in (self.output.install, self._wait_for_modules) if output else (self._wait_for_modules,):
            try:
                install()
            except Exception as error:
                report(error)

    def _wait_for_modules(self) -> None:
        self.imports.when_imported("threading", self.threads.install)
        self.imports.when_imported("concurrent.futures.thread", self.pools.install)
        self.imports.when_imported("tqdm.std", self._install_tqdm)
        self.imports.when_imported("rich.progress", self._install_rich)

    def _install_tqdm(self, module: Any) -> None:
        from taskmon.watch.hooks.tqdm_bars import install

        install(module, self.bars)

    def _install_rich(self, module: Any) -> None:
        from taskmon.watch.hooks.rich_bars import install

        install(module, self.bars)

    def undo(self) -> None:
        """Take all of them out, as far as that is possible while the program runs."""
        self.imports.stop()
        self.output.uninstall()
        self.threads.undo()
        self.pools.undo()
        self.bars.undo()
