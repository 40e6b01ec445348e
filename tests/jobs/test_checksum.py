"""The checksum job on real files of every kind, stopped and disturbed at every point."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskmon.core.base.errors import TaskmonError
from taskmon.core.run.runner import TaskRunner
from taskmon.core.task.context import TaskContext
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task
from taskmon.jobs import BUILTIN_JOBS, _hashing
from taskmon.jobs._hashing import Chunk, FileHasher, Wanted
from taskmon.jobs._manifest import DIGITS
from taskmon.jobs._walk import ProblemKind, Problems, find_files
from taskmon.jobs.checksum import ChecksumResult, checksum
from tests.jobs.conftest import WATCHDOG

Run = Callable[..., Task]


def _sum(path: bytes, algorithm: str = "sha256") -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _plain_files(root: Path) -> list[bytes]:
    base = os.fsencode(root)
    found = [os.path.join(folder, name) for folder, _, names in os.walk(base) for name in names]
    return sorted(path[len(base) + 1 :] for path in found if os.path.isfile(path) and not os.path.islink(path))


def test_the_zoo(run: Run, zoo: Path, tmp_path: Path) -> None:
    manifest = zoo / "SHA256SUMS"
    task = run(checksum, [str(zoo)], manifest=str(manifest))
    assert task.snapshot().result_path == str(manifest)
    result: ChecksumResult = task.result()
    assert result.files == 12
    names = [name for name in _plain_files(zoo) if name != b"SHA256SUMS"]
    assert result.size == sum(os.lstat(os.fsencode(zoo) + b"/" + name).st_size for name in names)
    assert result.links == 3
    assert result.problems.counts == {ProblemKind.SPECIAL: 2}
    assert sorted(str(problem) for problem in result.problems.listed) == [
        f"{zoo}/pipe: is a named pipe, left out",
        f"{zoo}/socket: is a socket, left out",
    ]
    assert sorted(task.log_lines()[1]) == sorted(map(str, result.problems.listed))
    assert result.fingerprint == _sum(os.fsencode(manifest))
    progress = task.snapshot().progress
    assert (progress.done, progress.total, progress.unit) == (result.size, result.size, "bytes")
    assert "12 files" in str(result).replace("\u202f", " ")


@pytest.mark.parametrize(
    ("algorithm", "tool"),
    [("sha256", "sha256sum"), ("blake2b", "b2sum"), ("sha512", "sha512sum"), ("md5", "md5sum"), ("sha1", "sha1sum")],
)
def test_the_usual_tools_agree(run: Run, zoo: Path, tmp_path: Path, algorithm: str, tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool} here")
    inside, beside = zoo / "sums", tmp_path / "sums"
    names = [b"./-" if name == b"-" else name for name in _plain_files(zoo)]  # a bare “-” is the standard input
    run(checksum, [str(zoo)], algorithm=algorithm, manifest=str(inside)).result()
    written = subprocess.run([tool, *names], cwd=zoo, capture_output=True, check=True).stdout
    assert inside.read_bytes() == written
    inside.rename(tmp_path / "kept")
    run(checksum, [str(zoo)], algorithm=algorithm, manifest=str(beside)).result()
    for manifest, folder in ((tmp_path / "kept", zoo), (beside, tmp_path)):
        checked = subprocess.run([tool, "--strict", "-c", manifest], cwd=folder, capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr
        assert checked.stdout.count(b": OK") == 12


@pytest.mark.parametrize("algorithm", sorted(DIGITS))
def test_every_algorithm_offered_is_available_and_of_its_length(run: Run, tmp_path: Path, algorithm: str) -> None:
    (tmp_path / "file").write_bytes(b"content")
    result = run(checksum, [str(tmp_path)], algorithm=algorithm, manifest=str(tmp_path / "m")).result()
    assert result.algorithm == algorithm
    digest = (tmp_path / "m").read_text().split()[0]
    assert digest == hashlib.new(algorithm, b"content").hexdigest()
    assert len(digest) == DIGITS[algorithm]
    assert algorithm in BUILTIN_JOBS["checksum"].parameters[1].choices


def test_an_unknown_algorithm_fails_before_any_work(run: Run, zoo: Path) -> None:
    task = run(checksum, [str(zoo)], algorithm="sha0")
    assert isinstance(task.exception(), TaskmonError)
    assert "sha0 is not available" in str(task.exception())


def test_the_manifest_is_sorted_by_bytes_and_leaves_itself_out(run: Run, zoo: Path) -> None:
    manifest = zoo / "sub" / "SHA256SUMS"
    (zoo / "sub" / ".SHA256SUMS.0123456789abcdef.taskmon-part").write_bytes(b"half of it")
    first = run(checksum, [str(zoo)], manifest=str(manifest)).result()
    content = manifest.read_bytes()
    second = run(checksum, [str(zoo)], manifest=str(manifest)).result()
    assert first.files == second.files == 12
    assert manifest.read_bytes() == content
    assert b"SHA256SUMS" not in content
    assert len(content.splitlines()) == 12


def test_the_manifest_is_left_out_when_reached_through_a_link(run: Run, zoo: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(zoo)
    (zoo / "m").write_bytes(b"old")
    assert run(checksum, [str(tmp_path / "link")], manifest=str(zoo / "m")).result().files == 12


def test_several_folders_are_named_from_what_they_share(run: Run, tmp_path: Path) -> None:
    for name in ("a", "a/inner", "a-b", "c/d"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").write_text(name)
    manifest = tmp_path / "m"
    folders = [str(tmp_path / name) for name in ("c/d", "a/inner", "a", "a-b", "a")]
    assert run(checksum, folders, manifest=str(manifest)).result().files == 4
    names = [line.split("  ")[1] for line in manifest.read_text().splitlines()]
    assert names == ["a-b/file", "a/file", "a/inner/file", "c/d/file"]
    assert run(checksum, [], verify=str(manifest)).result().files == 4


def test_an_empty_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run(checksum, [str(tmp_path / "empty")], manifest=str(tmp_path / "m")).result()
    assert (result.files, (tmp_path / "m").read_bytes()) == (0, b"")


def test_a_folder_that_went_missing_fails_the_job(run: Run, tmp_path: Path) -> None:
    task = run(checksum, [str(tmp_path / "gone")], manifest=str(tmp_path / "m"))
    assert "The folder cannot be read" in str(task.exception())
    assert os.listdir(tmp_path) == []


# -- files that change under the job -----------------------------------------------------------------------------------


def _before(monkeypatch: pytest.MonkeyPatch, name: str, action: Callable[[str], object]) -> None:
    """Call ``action(path)`` just before the file called `name` is opened."""
    real = _hashing.open_regular

    def open_regular(path: str, *, follow: bool = False) -> tuple[int, os.stat_result]:
        if os.path.basename(path) == name:
            action(path)
        return real(path, follow=follow)

    monkeypatch.setattr(_hashing, "open_regular", open_regular)


@pytest.fixture
def three(tmp_path: Path) -> Path:
    root = tmp_path / "three"
    root.mkdir()
    for name in ("a", "b", "c"):
        (root / name).write_bytes(name.encode() * 100)
    return root


def _refuse(path: str) -> None:
    raise PermissionError(errno.EACCES, "Permission denied", path)


def _fail(path: str) -> None:
    raise OSError(errno.EIO, "Input/output error", path)


def _to_pipe(path: str) -> None:
    os.unlink(path)
    os.mkfifo(path)


def _to_link(path: str) -> None:
    os.unlink(path)
    os.symlink("/dev/zero", path)


def _to_folder(path: str) -> None:
    os.unlink(path)
    os.mkdir(path)


@pytest.mark.parametrize(
    "lost",
    [
        (os.unlink, ProblemKind.VANISHED, "vanished before it was read"),
        (_refuse, ProblemKind.UNREADABLE, "Permission denied"),
        (_fail, ProblemKind.UNREADABLE, "Input/output error"),
        (_to_pipe, ProblemKind.SPECIAL, "is a named pipe now, left out"),
        (_to_link, ProblemKind.SPECIAL, "is a symbolic link now, left out"),
        (_to_folder, ProblemKind.SPECIAL, "is a folder now, left out"),
    ],
)
def test_a_file_lost_on_the_way_is_listed_and_the_rest_goes_on(
    run: Run, three: Path, monkeypatch: pytest.MonkeyPatch, lost: tuple[Any, ProblemKind, str]
) -> None:
    action, kind, text = lost
    _before(monkeypatch, "b", action)
    manifest = three / "m"
    task = run(checksum, [str(three)], manifest=str(manifest))
    result: ChecksumResult = task.result()
    assert result.files == 2
    assert result.problems.counts == {kind: 1}
    assert str(result.problems.listed[0]) == f"{three}/b: {text}"
    assert [line.split()[1] for line in manifest.read_text().splitlines()] == ["a", "c"]
    progress = task.snapshot().progress
    assert progress.done == progress.total == 200


@pytest.mark.parametrize("size", [0, 50, 3_000_000])
def test_a_file_of_another_size_is_hashed_as_it_is_and_listed(
    run: Run, three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    _before(monkeypatch, "b", lambda path: Path(path).write_bytes(b"x" * size))
    task = run(checksum, [str(three)], manifest=str(tmp_path / "m"))
    result: ChecksumResult = task.result()
    assert result.files == 3
    assert result.problems.counts == {ProblemKind.CHANGED: 1}
    assert f"{hashlib.sha256(b'x' * size).hexdigest()}  three/b\n" in (tmp_path / "m").read_text()
    progress = task.snapshot().progress
    assert progress.done == progress.total == 200 + size


def test_a_file_that_grows_while_it_is_read_never_reads_as_complete(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * 100_000)
    seen = []

    def grow(ctx: TaskContext) -> None:
        if len(seen) == 1:  # after the first chunk
            with open(path, "ab") as file:
                file.write(b"y" * 400_000)
        seen.append(ctx.task.snapshot().progress.fraction)

    def digest(ctx: Any) -> Any:
        [result] = FileHasher(ctx, 200_000).digest_all([Wanted(str(path), lambda: ("sha256",), 100_000, "log")])
        return result

    result = run(digest, at=-1, action=grow).result()
    assert result.changed
    assert result.size == 500_000
    assert len(seen) > 3
    assert all(fraction is not None and fraction < 1 for fraction in seen[1:]), seen


def test_a_folder_that_cannot_be_listed_is_told(run: Run, three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (three / "closed").mkdir()
    real = os.scandir

    def scandir(path: str) -> Any:
        if path.endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    result = run(checksum, [str(three)]).result()
    assert result.files == 3
    assert [str(p) for p in result.problems.listed] == [
        f"{three}/closed: folder could not be listed: Permission denied"
    ]


# -- cancelling --------------------------------------------------------------------------------------------------------


def test_a_cancel_at_any_checkpoint_leaves_no_manifest_and_no_part(run: Run, three: Path, tmp_path: Path) -> None:
    (three / "big").write_bytes(b"z" * 5_000_000)
    target = tmp_path / "out" / "m"
    target.parent.mkdir()
    outcomes = []
    for at in range(1, 100):
        task = run(checksum, [str(three)], manifest=str(target), at=at)
        if task.state is TaskState.SUCCEEDED:
            break
        assert task.state is TaskState.CANCELLED
        assert os.listdir(target.parent) == []
        outcomes.append(task.snapshot().consequence)
    assert len(outcomes) > 12, "too few checkpoints to prove anything"
    assert target.exists()
    assert outcomes[0] == "the files were still being counted, no manifest written"
    assert outcomes[-1] == "4 of 4 files hashed, no manifest written"
    assert "1 of 4 files hashed, no manifest written" in outcomes


def test_a_cancel_keeps_the_old_manifest(run: Run, three: Path, tmp_path: Path) -> None:
    target = tmp_path / "m"
    target.write_bytes(b"old")
    task = run(checksum, [str(three)], manifest=str(target), at=6)
    assert task.state is TaskState.CANCELLED
    assert task.snapshot().consequence.endswith("the old manifest is unchanged")
    assert target.read_bytes() == b"old"


def test_a_cancel_while_the_manifest_is_written_comes_too_late(
    run: Run, three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "m"
    shielded = []

    def job(ctx: TaskContext) -> ChecksumResult:
        def cancelling_sync(descriptor: int) -> None:
            ctx.task.cancel("too late")
            shielded.append(ctx.task.snapshot().shield)

        monkeypatch.setattr(os, "fsync", cancelling_sync)
        return checksum(ctx, [str(three)], manifest=str(target))

    task = run(job)
    assert task.state is TaskState.SUCCEEDED
    assert task.snapshot().finished_before_stop
    assert set(shielded) == {"writing the manifest"}
    assert len(target.read_text().splitlines()) == 3


def test_a_full_disk_fails_the_job_and_keeps_the_old_manifest(
    run: Run, three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    target = tmp_path / "m"
    target.write_bytes(b"old")
    task = run(checksum, [str(three)], manifest=str(target))
    assert task.state is TaskState.FAILED
    assert "No space left on device. What was there before is unchanged." in task.snapshot().error
    assert target.read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["m", "three"]


def test_a_paused_job_can_be_cancelled_and_resumed(run: Run, three: Path, tmp_path: Path) -> None:
    def pause(ctx: TaskContext) -> None:
        ctx.task.pause()
        ctx.task.resume()

    assert run(checksum, [str(three)], manifest=str(tmp_path / "m"), at=5, action=pause).result().files == 3

    def pause_and_cancel(ctx: TaskContext) -> None:
        ctx.task.pause()
        ctx.task.cancel()

    assert run(checksum, [str(three)], at=5, action=pause_and_cancel).cancelled()


@pytest.mark.parametrize(("seconds", "chunk"), [(1.0, 64 * 1024), (0.001, 1024 * 1024)])
def test_the_chunk_adapts_to_the_disk(seconds: float, chunk: int) -> None:
    adapts = Chunk()
    for _ in range(10):
        adapts.adapt(seconds)

    assert adapts.size == len(adapts.room()) == chunk


@pytest.mark.parametrize("verify", [False, True])
def test_what_it_found_out_stays_with_the_task(run: Run, runner: TaskRunner, three: Path, verify: bool) -> None:
    """Where the window, the history and `taskmon list --json` read it: with and without a manifest."""
    manifest = three / "sums"
    run(checksum, [str(three)], manifest=str(manifest)).result()
    job = BUILTIN_JOBS["checksum"]
    given = {"verify": str(manifest)} if verify else {"folders": [str(three)]}
    task = runner.start(job.function, name="job", **job.bind(given))
    result = task.result(WATCHDOG)

    told = task.snapshot()
    assert told.progress.message == told.consequence == " ".join(str(result).split("\n"))
    assert ("3 files are as the manifest says" if verify else result.fingerprint) in told.consequence.replace(
        "\u202f", " "
    )


# -- several at a time -------------------------------------------------------------------------------------------------


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four files of some chunks, each large enough for a thread of its own; there are cores for two."""
    monkeypatch.setattr(_hashing, "_LARGE", 1)
    monkeypatch.setattr(_hashing, "_cores", lambda: 2)
    monkeypatch.setattr(_hashing, "_is_read_best_in_order", lambda _path: False)
    root = tmp_path / "large"
    root.mkdir()
    for number in range(4):
        (root / f"file {number}").write_bytes(bytes([number]) * 300_000)
    return root


def _in_each_chunk(monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> None:
    real = _hashing._read_into

    def read_into(file: int, chunk: memoryview) -> int:
        action()
        return real(file, chunk)

    monkeypatch.setattr(_hashing, "_read_into", read_into)


def test_two_large_files_are_read_at_the_same_time(run: Run, large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits in its first chunk for the other; what is told is in order, and what a single thread finds."""
    met = threading.Barrier(2)
    threads: set[int] = set()

    def meet() -> None:
        if len(threads) < 2:
            threads.add(threading.get_ident())
            met.wait(WATCHDOG)

    _in_each_chunk(monkeypatch, meet)
    both = run(checksum, [str(large)]).result()
    assert len(threads) == 2

    monkeypatch.setattr(_hashing, "_cores", lambda: 1)
    monkeypatch.setattr(_hashing, "_read_into", lambda file, chunk: os.readv(file, (chunk,)))
    assert str(both) == str(run(checksum, [str(large)]).result())


def test_on_a_disk_that_turns_others_read_what_is_in_memory(
    run: Run, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has to be fetched is left to the worker, one file after the other."""
    monkeypatch.setattr(_hashing, "_is_read_best_in_order", lambda _path: True)
    monkeypatch.setattr(_hashing, "_is_in_memory", lambda wanted: wanted.path.endswith("file 2"))
    readers: dict[str, str] = {}
    helped = threading.Event()
    real = FileHasher._digest

    def note(hasher: FileHasher, reading: Any, *more: Any) -> Any:
        name = threading.current_thread().name
        readers[Path(reading.wanted.path).name] = "another" if name == "taskmon-hashing" else "the worker"
        if name == "taskmon-hashing":
            helped.set()
        assert helped.wait(WATCHDOG)
        return real(hasher, reading, *more)

    monkeypatch.setattr(FileHasher, "_digest", note)
    assert run(checksum, [str(large)]).result().files == 4

    assert readers == {f"file {number}": "another" if number == 2 else "the worker" for number in range(4)}


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="this system does not tell what it has in memory")
@pytest.mark.parametrize("answer", [1, BlockingIOError(), OSError("not supported")], ids=["there", "not", "unknown"])
def test_a_file_is_in_memory_if_it_can_be_read_without_waiting(
    three: Path, monkeypatch: pytest.MonkeyPatch, answer: int | OSError
) -> None:
    asked: list[int] = []

    def preadv(_file: int, _room: list[bytearray], offset: int, flags: int) -> int:
        assert flags == os.RWF_NOWAIT
        asked.append(offset)
        if isinstance(answer, OSError) and len(asked) == 3:
            raise answer
        return 1

    path = next(path for path in three.rglob("*") if path.is_file() and path.stat().st_size)
    monkeypatch.setattr(os, "preadv", preadv)

    found = _hashing._is_in_memory(Wanted(str(path), tuple, path.stat().st_size, ""))

    assert found is (answer == 1)
    assert asked == sorted(asked)


def test_no_thread_reads_on_while_the_job_is_paused(run: Run, large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor once it is cancelled: then all have gone when it says so."""
    stands, rested = threading.Event(), threading.Event()
    read: list[int] = []
    worker: list[int] = []
    real_wait = threading.Condition.wait_for

    def note() -> None:
        if threading.get_ident() not in worker:
            read.append(1)
            assert stands.wait(WATCHDOG)

    def wait_for(condition: threading.Condition, predicate: Callable[[], bool], timeout: float | None = None) -> bool:
        if threading.current_thread().name == "taskmon-hashing":
            rested.set()
        return real_wait(condition, predicate, timeout)

    def rest(ctx: TaskContext) -> None:  # the worker is at a checkpoint, as one that is paused is
        stands.set()
        assert rested.wait(WATCHDOG)
        ctx.task.cancel("enough")

    def job(ctx: Any, folders: list[str]) -> Any:
        worker.append(threading.get_ident())
        return checksum(ctx, folders)

    _in_each_chunk(monkeypatch, note)
    monkeypatch.setattr(threading.Condition, "wait_for", wait_for)
    task = run(job, [str(large)], at=8, action=rest)

    assert task.cancelled()
    assert len(read) == 1
    assert not [thread for thread in threading.enumerate() if thread.name == "taskmon-hashing"]


def test_what_goes_wrong_in_another_thread_is_told(run: Run, large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the names, of whichever thread it was."""
    _before(monkeypatch, "file 1", _refuse)
    _before(monkeypatch, "file 2", os.unlink)

    result = run(checksum, [str(large)]).result()

    assert result.files == 2
    assert [problem.kind for problem in result.problems.listed] == [ProblemKind.UNREADABLE, ProblemKind.VANISHED]


def test_a_small_file_is_asked_twice_what_it_is(run: Run, three: Path) -> None:
    """Once to count it, and once when it is open; what is read at once needs no look at what has changed meanwhile."""
    asked: list[str] = []

    def job(ctx: Any) -> Any:
        def note(_frame: object, event: str, called: Any) -> None:
            if event == "c_call" and called.__name__ in ("stat", "fstat", "lstat", "FileIO", "open_code"):
                asked.append(called.__name__)

        found, _ = find_files(ctx, [str(three)], str(three), None, Problems(ctx))
        hasher = FileHasher(ctx, 300)
        sys.setprofile(note)
        try:
            for file in found:
                path = str(three / os.fsdecode(file.name))
                list(hasher.digest_all([Wanted(path, lambda: ("sha256",), file.size, "")]))
        finally:
            sys.setprofile(None)
        return len(found)

    assert run(job).result() == 3
    assert asked == ["fstat"] * 3  # the other was the walk's
