"""Guards that must not go unnoticed: each is taken out of a copy of the tree, and the test named for it must fail.

A guard is what keeps something from being harmed or believed: nobody misses it until it is needed. `dev.py mutants`
takes minutes and is no part of the tests; run it after a change of what is listed here, or of the tests named.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parent.parent
#: The longest that one test may take, in seconds. One that hangs has noticed, too.
_LONGEST: Final = 120


class Mutant(NamedTuple):
    """One guard, and who misses it."""

    name: str
    file: str
    """Below ``taskmon/``."""
    guard: str
    """Its text. It must be there once."""
    instead: str
    test: str
    """The id of the test that must fail, below ``tests/``."""


MUTANTS: Final = (
    # Inside a watched program.
    Mutant(
        "no garbage is collected while the frames are taken", "core/stacks/frames.py",
        "(gc.disable, take, gc.enable)", "(gc.isenabled, take, gc.isenabled)",
        "core/stacks/test_frames.py::test_no_garbage_is_collected_meanwhile",
    ),
    # Files: nothing half-written, nothing of others.
    Mutant(
        "a part is made anew", "core/base/files.py",
        "os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr", "os.O_WRONLY | os.O_CREAT | getattr",
        "core/base/test_files.py::test_a_part_is_never_written_into_what_is_there",
    ),
    Mutant(
        "only old parts are removed", "core/base/files.py",
        "and time.time() - status.st_mtime > _STALE_AFTER:", ":",
        "core/base/test_files.py::test_only_old_parts_of_the_same_file_are_removed",
    ),
    Mutant(
        "what is no plain file is not replaced", "core/base/files.py",
        "        _refuse_special(path)\n", "",
        "core/base/test_files.py::test_what_is_no_plain_file_is_never_replaced",
    ),
    Mutant(
        "pipes and devices are not read", "jobs/_hashing.py",
        "        if not stat.S_ISREG(found.st_mode):\n", "        if False:\n",
        "jobs/test_verify.py::test_what_differs_fails_the_job_and_is_listed",
    ),
    Mutant(
        "a file that changes is not called whole", "jobs/_hashing.py",
        "changed = (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)", "changed = False",
        "jobs/test_checksum.py::test_a_file_that_grows_while_it_is_read_never_reads_as_complete",
    ),
    Mutant(
        "a newer history is not changed", "history/database.py",
        "        if version > schema.VERSION:\n", "        if False:\n",
        "history/test_trouble.py::test_a_newer_history_is_shown_and_never_changed",
    ),
    Mutant(
        "settings are a plain file", "settings/file.py",
        "        if not stat.S_ISREG(os.fstat(descriptor).st_mode):\n", "        if False:\n",
        "settings/test_store.py::test_a_pipe_in_place_of_the_file_keeps_nobody_waiting",
    ),
    Mutant(
        "a drop is no move", "ui/widgets/dropping.py",
        "_HARMLESS = (", "_HARMLESS = (Qt.DropAction.MoveAction, ",
        "ui/widgets/test_dropping.py",
    ),
    # The meeting place: the user's own and nobody else's.
    Mutant(
        "the runtime folder is one's own", "link/wire/channel.py",
        "        if found.st_uid != os.geteuid():\n", "        if False:\n",
        "link/wire/test_channel.py::test_a_folder_of_another_user_is_not_used",
    ),
    Mutant(
        "the runtime folder is closed to others", "link/wire/channel.py",
        "        if stat.S_IMODE(found.st_mode) & 0o077:\n", "        if False:\n",
        "link/wire/test_channel.py::test_the_folder_is_closed_to_others",
    ),
    Mutant(
        "the runtime folder is no link", "link/wire/channel.py",
        "        if not stat.S_ISDIR(found.st_mode):\n", "        if False:\n",
        "link/wire/test_channel.py::test_a_folder_that_cannot_be_had",
    ),
    Mutant(
        "another's socket is not removed", "link/wire/channel.py",
        "if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():", "if not stat.S_ISSOCK(found.st_mode):",
        "link/wire/test_channel.py::test_a_socket_of_another_user_is_left",
    ),
    Mutant(
        "the window serves its user alone", "link/window/serving.py",
        "        if user is not None and user != os.geteuid():\n", "        if False:\n",
        "link/wire/test_channel.py::test_another_user_is_turned_away",
    ),
    Mutant(
        "a program speaks to its user alone", "link/wire/channel.py",
        "        if peer(self._ours())[0] not in (os.geteuid(), None):\n", "        if False:\n",
        "link/wire/test_channel.py::test_a_window_of_another_user_is_not_spoken_to",
    ),
    Mutant(
        "one window at a time", "link/wire/channel.py",
        "            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n", "            pass\n",
        "link/wire/test_channel.py::test_one_claim_at_a_time",
    ),
    # A watched program is left as it is.
    Mutant(
        "a number is compared before each use", "link/wire/channel.py",
        "        if _identity(connection) == self._identity:\n            return True\n", "        return True\n",
        "link/wire/test_program_socket.py::test_a_file_under_its_number_is_neither_written_nor_closed",
    ),
    Mutant(
        "a number is compared before it is closed", "link/wire/channel.py",
        "        if self.is_ours:\n            connection, self._socket",
        "        if self._socket is not None:\n            connection, self._socket",
        "link/wire/test_program_socket.py::test_dropping_it_does_not_close_what_is_not_its_own",
    ),
    Mutant(
        "our descriptors are out of the way", "link/wire/channel.py",
        "        self._move_up()\n", "",
        "link/wire/test_program_socket.py::test_it_is_out_of_the_way",
    ),
    Mutant(
        "no thread of ours outlives the interpreter", "watch/start.py",
        "        raw_threads.wait_until_ended(_LAST_STEPS)\n", "",
        "watch/test_faithful.py::test_nothing_is_different[no_descriptor_is_left-unattended]",
    ),
    Mutant(
        "what can still change is not kept for the log", "watch/hooks/output.py",
        "            if type(data) is not bytes or len(data) >= longest:\n", "            if len(data) >= longest:\n",
        "watch/hooks/test_output.py::test_what_is_no_text_is_heard_as_it_was_then",
    ),
    Mutant(
        "a file that is read is still ours", "watch/library.py",
        "        if found.st_dev != wanted.st_dev or", "        if False and",
        "watch/test_library.py::test_a_number_that_the_program_has_given_away_meanwhile_is_not_closed",
    ),
    Mutant(
        "a file is still ours when the answer has come", "watch/library.py",
        "        return not _is_blocking(number) and not _is_inheritable(number)\n", "        return True\n",
        "watch/test_library.py::test_a_number_is_not_trusted_for_as_long_as_the_answer_takes",
    ),
    Mutant(
        "a number is closed before anybody else has a turn", "watch/library.py",
        "            self._close = self._closing_in_c(ctypes)\n", "            self._close = _close\n",
        "watch/test_library.py::test_a_number_is_closed_without_letting_go_of_the_interpreter_before",
    ),
    Mutant(
        "a new socket is really the new one", "link/wire/channel.py",
        "    if not is_new:\n", "    if False:\n",
        "link/wire/test_program_socket.py::test_a_number_that_was_given_away_while_the_socket_was_made_is_not_taken_over",
    ),
    Mutant(
        "our threads take no signal", "core/base/threads.py",
        "self._before = _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals() - faults)",
        "self._before = None",
        "link/wire/test_program_socket.py::test_its_thread_takes_no_signal",
    ),
    Mutant(
        "a process is compared by its start", "core/base/signals.py",
        "        if now is None or now.started != to.started:\n", "        if now is None:\n",
        "core/base/test_signals.py::test_no_signal_reaches_a_process_that_has_got_the_number_since",
    ),
    Mutant(
        "files that others can change are not loaded", "attach/request.py",
        "        if others or grouped or found.st_uid not in (user, 0):\n",
        "        if grouped or found.st_uid not in (user, 0):\n",
        "attach/test_request.py::TestFiles::test_files_that_others_can_change_are_not",
    ),
    Mutant(
        "files of others are not loaded", "attach/request.py",
        "        if others or grouped or found.st_uid not in (user, 0):\n", "        if others or grouped:\n",
        "attach/test_request.py::TestFiles::test_files_of_another_user_are_not",
    ),
    Mutant(
        "notes lie where nobody else looks", "attach/request.py",
        "found.st_uid != user or stat.S_IMODE(found.st_mode) & 0o077:", "found.st_uid != user:",
        "attach/test_request.py::test_a_folder_that_others_can_look_into_is_not_used",
    ),
    # What programs say is believed field by field, or not at all.
    Mutant(
        "a frame has a longest length", "link/wire/connection.py",
        "            if not 0 < length <= LONGEST_FRAME:", "            if False:",
        "link/wire/test_frames.py::test_a_length_that_cannot_be_is_refused_before_a_byte_of_it_has_come",
    ),
    Mutant(
        "a frame that is too long is not sent", "link/wire/connection.py",
        "    if len(data) > LONGEST_FRAME:\n", "    if False:\n",
        "link/wire/test_frames.py::test_a_message_that_is_too_long_is_not_made",
    ),
    Mutant(
        "nesting has an end", "link/wire/connection.py",
        "    if _is_too_deep(data):\n", "    if False:\n",
        "link/wire/test_frames.py::test_what_is_no_message_is_refused",
    ),
    Mutant(
        "a name comes once", "link/wire/connection.py",
        "    if len(message) != len(pairs):\n", "    if False:\n",
        "link/wire/test_frames.py::test_what_is_no_message_is_refused",
    ),
    Mutant(
        "a window shows so many programs", "link/window/serving.py",
        "        if len(self.connections) >= MOST_CONNECTIONS:\n", "        if False:\n",
        "link/test_harm.py::test_too_many_are_told_so",
    ),
    Mutant(
        "a program shows so many tasks", "link/window/remote_source.py",
        "            elif len(self._tasks) < MOST_TASKS:\n", "            elif True:\n",
        "link/test_harm.py::test_no_program_shows_more_tasks_than_it_may",
    ),
    Mutant(
        "what has ended is told of no more", "link/window/remote_source.py",
        "                if shown.state.is_final:\n                    self.refused += 1\n",
        "                if False:\n                    self.refused += 1\n",
        "link/test_harm.py::test_a_task_that_ends_twice_has_ended_once",
    ),
    Mutant(
        "silence is no death", "link/window/serving.py",
        "and connection.pid and not role.process.lives:", "and connection.pid:",
        "link/window/test_server.py::test_a_program_that_holds_its_interpreter_is_not_lost",
    ),
    # One final state, once, and a true one.
    Mutant(
        "states change by the table", "core/task/lifecycle.py",
        "        if state not in TRANSITIONS[old]:\n", "        if False:\n",
        "core/task/test_task.py::test_a_transition_that_the_table_does_not_know_is_a_bug",
    ),
    Mutant(
        "a cancel that nobody asked for is a failure", "core/run/execute.py",
        "    if not task.stop_requested:\n        return TaskState.SUCCEEDED if error is None else TaskState.FAILED\n",
        "",
        "core/task/test_task.py::test_a_cancellation_nobody_asked_for_is_a_failure",
    ),
    Mutant(
        "a group with anything else is a failure", "core/run/execute.py",
        "    return all(is_error(part, (TaskCancelled, CancelledError)) for part in parts_of(error))",
        "    return any(is_error(part, (TaskCancelled, CancelledError)) for part in parts_of(error))",
        "core/run/test_final_state.py::test_a_group_that_holds_anything_else_is_a_failure",
    ),
    Mutant(
        "a call that runs nothing is refused", "core/run/execute.py",
        "    if flags & LAZY:\n", "    if False:\n",
        "core/run/test_final_state.py::test_a_function_whose_call_runs_nothing_is_refused",
    ),
    Mutant(
        "work that was not done is a failure", "core/run/execute.py",
        "    if flags:\n        raise TypeError(_refusal(fn, flags))\n", "",
        "core/run/test_final_state.py::test_a_lambda_that_only_makes_an_object_fails",
    ),
    Mutant(
        "the first request wins", "core/stop/token.py",
        "            if self._reason is not None:\n                return False\n", "",
        "core/stop/test_stop.py::test_the_first_request_wins_and_every_later_one_changes_nothing",
    ),
    # The window: it ends, and shows text as it is.
    Mutant(
        "stragglers are left behind", "app.py",
        "        os._exit(status)\n", "        pass\n",
        "end_to_end/test_quit.py::test_workers_that_stay_are_left_behind_before_python_is_torn_down",
    ),
    Mutant(
        "the end of the session is heard", "app.py",
        "    app.commitDataRequest.connect(window.leave_without_asking, Qt.ConnectionType.DirectConnection)\n", "",
        "end_to_end/test_quit.py::test_the_end_of_the_session_is_heard",
    ),
    Mutant(
        "the grace has an end", "bridge/quitting.py",
        "        if not self._controller.live_tasks() or self.seconds_left <= 0:\n",
        "        if not self._controller.live_tasks():\n",
        "bridge/test_quitting.py::test_waiting_has_no_limit_and_grace_has_one",
    ),
    Mutant(
        "what starts while all are cancelled is, too", "bridge/quitting.py",
        "                self._controller.cancel_own_tasks()  # those that were started since\n",
        "                pass\n",
        "bridge/test_quitting.py::test_what_is_started_while_the_others_are_cancelled_is_cancelled_too",
    ),
    Mutant(
        "labels show text as it is", "ui/widgets/labels.py",
        '        self.setProperty("textFormat", "PlainText")', "        pass",
        "ui/window/test_window.py::test_every_label_shows_plain_text",
    ),
    Mutant(
        "messages show text as it is", "ui/widgets/messages.py",
        "    box.setTextFormat(Qt.TextFormat.PlainText)", "    pass",
        "ui/window/test_window.py::test_a_failure_to_start_is_told_in_plain_text",
    ),
    Mutant(
        "translators are not left to the collector", "bridge/language.py",
        "            delete(translator)\n", "            pass\n",
        "bridge/test_language.py::test_a_closed_language_leaves_no_translator_to_the_garbage_collector",
    ),
    Mutant(
        "only one call is called blocked", "core/stacks/sampler.py",
        "                thread.one_call = False", "                pass",
        "core/stacks/test_sampler.py::TestLooking::test_one_call_is_told_from_many_at_the_same_place",
    ),
)  # fmt: skip


def main(wanted: Sequence[str]) -> int:
    """Take out the guards whose name or file holds one of `wanted`, or all; print a table. Return the exit status."""
    chosen = [one for one in MUTANTS if not wanted or any(word in f"{one.name} {one.file}" for word in wanted)]
    with tempfile.TemporaryDirectory(prefix="taskmon-mutants-") as folder:
        copy = Path(folder, "tree")
        _copy(ROOT, copy)
        environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        went_wrong = 0
        for one in chosen:
            verdict = _try(one, copy, environment)
            went_wrong += verdict != "noticed"
            print(f"{verdict:12} {one.name:46} {one.file:34} {one.test}", flush=True)
    print(f"{len(chosen) - went_wrong} of {len(chosen)} guards are missed by their test when they are gone")
    return 1 if went_wrong else 0


def _copy(root: Path, copy: Path) -> None:
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, stdout=subprocess.PIPE, check=True,
    ).stdout.decode().split("\0")  # fmt: skip
    for name in filter(None, names):
        if (root / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, copy / name)


def _try(one: Mutant, copy: Path, environment: Mapping[str, str]) -> str:
    path = copy / "taskmon" / one.file
    whole = path.read_text()
    if not one.guard or whole.count(one.guard) != 1:
        return "NOT FOUND"
    command = [
        sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout", str(_LONGEST),
        str(copy / "tests" / one.test),
    ]  # fmt: skip

    def status() -> int:
        return subprocess.call(
            command, cwd=copy, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    if status() != 0:
        return "FAILS ANYWAY"  # it would tell nothing; or it is skipped here and there is nothing to run
    path.write_text(whole.replace(one.guard, one.instead))
    try:
        found = status()
    finally:
        path.write_text(whole)
    return "noticed" if found == 1 else "NOT NOTICED" if found == 0 else f"BROKE ({found})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
