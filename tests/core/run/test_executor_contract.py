"""CPython's own tests of its thread pool, with a `TaskRunner` in its place.

What they promise is what an Executor's users rely on. They are taken as they are; the table below names each case
that cannot be, and why. The test package is not part of every installation: without it, this file is skipped.
"""

from __future__ import annotations

import contextlib
import gc
import re
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from taskmon.core.run.runner import TaskRunner

try:
    from test import support

    if sys.version_info >= (3, 12):
        from test.test_concurrent_futures import (
            executor,
            test_as_completed,
            test_init,
            test_shutdown,
            test_thread_pool,
            test_wait,
            util,
        )  # fmt: skip
    else:
        import test.test_concurrent_futures as everything

        executor = test_as_completed = test_init = test_shutdown = test_thread_pool = test_wait = util = everything
except ImportError:
    pytest.skip(
        "this Python comes without its own tests (the package test.test_concurrent_futures)", allow_module_level=True
    )

support.use_resources = ["walltime", "cpu"]  # type: ignore[attr-defined]

#: CPython's case: why it does not apply as it is. Each has a counterpart with the same promise, named in brackets.
DIFFERENT = {
    # They look into ThreadPoolExecutor: its _threads, _max_workers. Our threads also come up without their starter
    # waiting for them, so they cannot be counted right after submit().
    "test_default_workers": "reads _max_workers [test_default_workers below]",
    "test_saturation": "counts _threads right after submit [test_runner: a_burst_has_all_workers_at_work]",
    "test_idle_thread_reuse": "reads _threads [test_idle_thread_reuse below]",
    "test_threads_terminate": "reads _threads [test_runner: shutdown_finishes_what_was_submitted]",
    # They name ThreadPoolExecutor instead of executor_type, so they would test CPython.
    "test_context_manager_shutdown": "names ThreadPoolExecutor [test_context_manager_shutdown below]",
    "test_del_shutdown": "names ThreadPoolExecutor [test_runner: a_forgotten_runner_finishes_its_work]",
    "test_shutdown_no_wait": "names ThreadPoolExecutor [test_runner: the_interpreter_exits_as_promised]",
    "test_thread_names_assigned": "names ThreadPoolExecutor [test_thread_names below]",
    "test_thread_names_default": "names ThreadPoolExecutor [test_thread_names below]",
    "test_cancel_futures_wait_false": "names ThreadPoolExecutor [test_runner: cancel_futures_leaves_running_alone]",
    # They start a program that imports the executor from concurrent.futures.
    "test_interpreter_shutdown": "imports it from concurrent.futures [test_runner: the_interpreter_exits_as_promised]",
    "test_submit_after_interpreter_shutdown": "as before [test_submit_after_interpreter_shutdown below]",
    "test_hang_gh83386": "as before [test_runner: the_interpreter_exits_as_promised]",
    # It relies on ThreadPoolExecutor waiting for each new thread to come up. Here fifty are submitted in less time
    # than a thread takes to start: all of them still wait, and are cancelled.
    "test_cancel_futures": "wants one to have begun already [test_runner: cancel_futures_leaves_running_alone]",
}


@pytest.fixture(autouse=True)
def _only_its_own_garbage() -> Iterator[None]:
    """Some of them collect it dozens of times, which takes minutes where other tests have loaded much."""
    gc.freeze()
    yield
    gc.unfreeze()


class RunnerMixin(util.ExecutorMixin):  # type: ignore[misc, name-defined]
    """Puts a TaskRunner where CPython's cases expect their executor."""

    executor_type = TaskRunner


def contract(*mixins: type) -> type:
    """Return a test case of CPython's `mixins`, without the cases that differ."""
    names = {name for mixin in mixins for name in dir(mixin) if name in DIFFERENT}
    return type("Contract", (*mixins,), dict.fromkeys(names))


class TestThreadPool(
    contract(RunnerMixin, test_thread_pool.ThreadPoolExecutorTest)  # type: ignore[misc]
):
    """submit, map, references, and what is asked of thread pools only."""

    def test_default_workers(self) -> None:
        with TaskRunner() as runner, ThreadPoolExecutor() as pool:
            assert runner.max_workers == pool._max_workers

    def test_idle_thread_reuse(self) -> None:
        for _ in range(20):
            self.executor.submit(pow, 2, 8).result()
            self.executor.wait_idle()
        assert self.executor.statistics().threads <= 2


class TestShutdown(contract(RunnerMixin, test_shutdown.ThreadPoolShutdownTest)):  # type: ignore[misc]
    """shutdown, with and without waiting."""

    def test_context_manager_shutdown(self) -> None:
        with TaskRunner(5) as runner:
            assert list(runner.map(abs, range(-5, 5))) == [5, 4, 3, 2, 1, 0, 1, 2, 3, 4]
        assert runner.statistics().threads == 0

    def test_thread_names(self) -> None:
        for prefix, pattern in [("SpecialPool", r"^SpecialPool_[0-4]$"), ("", r"^taskmon-worker-\d+_[0-4]$")]:
            with TaskRunner(5, thread_name_prefix=prefix) as runner:
                for name in runner.map(lambda _: threading.current_thread().name, range(20)):
                    assert re.search(pattern, name)

    def test_submit_after_interpreter_shutdown(self) -> None:
        from test.support.script_helper import assert_python_ok

        _, out, err = assert_python_ok(
            "-c",
            "import atexit\n"
            "@atexit.register\n"
            "def run_last():\n"
            "    try:\n        t.submit(id, None)\n"
            "    except RuntimeError:\n        print('runtime-error')\n        raise\n"
            "from taskmon.core.run.runner import TaskRunner\n"
            "t = TaskRunner(5)\n",
            __isolated=False,
        )
        assert "RuntimeError: cannot schedule new futures" in err.decode()
        assert out.strip() == b"runtime-error"


class TestWait(contract(RunnerMixin, test_wait.ThreadPoolWaitTests)):  # type: ignore[misc]
    """concurrent.futures.wait."""


class TestAsCompleted(
    contract(RunnerMixin, test_as_completed.AsCompletedTests, util.BaseTestCase)  # type: ignore[misc]
):
    """concurrent.futures.as_completed."""


class TestInitializer(contract(RunnerMixin, test_init.InitializerMixin, util.BaseTestCase)):  # type: ignore[misc]
    """An initializer that works."""


class BreakableRunner(TaskRunner):
    """CPython's case asks an attribute whether the pool is broken."""

    @property
    def _broken(self) -> object:
        return self._engine.pool.broken


class TestFailingInitializer(
    contract(RunnerMixin, test_init.FailingInitializerMixin, util.BaseTestCase)  # type: ignore[misc]
):
    """An initializer that raises. CPython's case looks into the log of concurrent.futures, ours has its own name."""

    executor_type = BreakableRunner

    @contextlib.contextmanager
    def _assert_logged(self, message: str) -> Iterator[None]:
        with self.assertLogs("taskmon.runner", "CRITICAL") as logged:
            yield
        assert any(message in line for line in logged.output)
