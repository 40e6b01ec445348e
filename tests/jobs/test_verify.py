"""Verifying: what is as it was, what is not, and manifests that cannot be read."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskmon.core.base.errors import TaskmonError
from taskmon.core.task.state import TaskState
from taskmon.core.task.task import Task
from taskmon.jobs import _hashing, _verify
from taskmon.jobs.checksum import checksum

Run = Callable[..., Task]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "sub").mkdir(parents=True)
    for name in ("a", "b", "c", "sub/d"):
        (root / name).write_text(name * 1000)
    return root


@pytest.mark.parametrize("algorithm", ["sha256", "blake2b", "sha512", "sha3_256", "md5", "blake2s"])
def test_what_was_written_verifies_without_being_told_the_algorithm(run: Run, zoo: Path, algorithm: str) -> None:
    run(checksum, [str(zoo)], algorithm=algorithm, manifest=str(zoo / "sums")).result()
    result = run(checksum, [], verify=str(zoo / "sums")).result()
    assert result.files == 12
    assert "All 12 files are as the manifest says" in str(result).replace("\u202f", " ")


def test_one_file_is_told_as_one(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "a").write_text("a")
    (folder / "link").symlink_to("a")
    os.mkfifo(folder / "b")
    sums = str(folder / "sums")

    words = str(run(checksum, [str(folder)], manifest=sums).result()).replace("\u00a0", " ")
    assert words.startswith("1 file, 1 B hashed with sha256.\n1 symbolic link was not followed.\n1 not a plain file,")
    os.mkfifo(folder / "c")
    assert "2 not plain files, left out" in str(run(checksum, [str(folder)]).result())
    assert str(run(checksum, [], verify=sums).result()).startswith("The one file is as the manifest says")


@pytest.mark.parametrize("arguments", [["sha256sum", "--"], ["b2sum", "--tag", "--"], ["sha512sum", "-b", "--"]])
def test_manifests_of_the_usual_tools_verify(run: Run, zoo: Path, tmp_path: Path, arguments: list[str]) -> None:
    if shutil.which(arguments[0]) is None:
        pytest.skip(f"there is no {arguments[0]} here")
    names = [name for name in os.listdir(os.fsencode(zoo)) if os.path.isfile(os.fsencode(zoo) + b"/" + name)]
    assert b"link to plain" in names  # links are followed here: the manifest names them
    made = subprocess.run([*arguments, *[b"./" + n for n in names]], cwd=zoo, capture_output=True, check=True)
    manifest = tmp_path / "sums"
    manifest.write_bytes(made.stdout)
    assert run(checksum, [str(zoo)], verify=str(manifest)).result().files == len(names)


def test_what_differs_fails_the_job_and_is_listed(
    run: Run, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = tmp_path / "sums"
    run(checksum, [str(tree)], manifest=str(manifest)).result()
    (tree / "a").write_text("something else")
    (tree / "b").unlink()
    (tree / "c").unlink()
    os.mkfifo(tree / "c")
    task = run(checksum, [str(tree)], verify=str(manifest))
    error = task.exception()
    assert isinstance(error, TaskmonError)
    assert error.title == "The files are not as the manifest says"
    assert error.message == "1 changed, 1 missing, 1 unreadable of 4."
    assert error.detail.splitlines() == ["changed: tree/a", "missing: tree/b", "unreadable: tree/c (is a named pipe)"]
    assert task.log_lines()[1] == error.detail.splitlines()


def test_a_changed_first_file_does_not_mislead_the_search_for_the_algorithm(run: Run, tree: Path) -> None:
    run(checksum, [str(tree)], algorithm="blake2b", manifest=str(tree / "sums")).result()
    (tree / "a").write_text("something else")
    error = run(checksum, [], verify=str(tree / "sums")).exception()
    assert "1 changed of 4" in str(error)


def test_an_explicit_algorithm_wins(run: Run, tree: Path) -> None:
    run(checksum, [str(tree)], algorithm="blake2b", manifest=str(tree / "sums")).result()
    error = run(checksum, [], algorithm="sha512", verify=str(tree / "sums")).exception()
    assert "4 changed of 4" in str(error)


def test_after_the_first_fit_each_file_is_hashed_once(run: Run, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(checksum, [str(tree)], algorithm="blake2b", manifest=str(tree / "sums")).result()
    made: list[str] = []
    real = _verify.new_hash  # which has it by now: loaded only after this, it would count what it asks itself

    def new_hash(algorithm: str) -> Any:
        made.append(algorithm)
        return real(algorithm)

    monkeypatch.setattr(_hashing, "new_hash", new_hash)
    run(checksum, [], verify=str(tree / "sums")).result()
    assert made == ["sha512", "blake2b", "sha3_512", "blake2b", "blake2b", "blake2b"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "It lists no checksums"),
        (b"not a manifest\n", "Line 1 is of no use: it is not a checksum and a file name"),
        (b"\0" * 100_000, "Line 1 is of no use: it is too long"),
        (b"%s  a\n%s  b\nx\n" % ((b"0" * 64,) * 2), "Line 3 is of no use"),
    ],
)
def test_a_manifest_that_is_none(run: Run, tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "sums").write_bytes(content)
    error = run(checksum, [], verify=str(tmp_path / "sums")).exception()
    assert isinstance(error, TaskmonError)
    assert problem in error.message


def test_a_manifest_that_cannot_be_opened(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, problem in (("gone", "No such file"), ("pipe", "is a named pipe")):
        error = run(checksum, [], verify=str(tmp_path / name)).exception()
        assert isinstance(error, TaskmonError)
        assert problem in error.message


def test_hostile_names_do_no_harm(run: Run, tmp_path: Path) -> None:
    empty = hashlib.sha256().hexdigest()
    lines = [f"{empty}  /dev/zero", f"{empty}  /dev/null", f"{empty}  {'x' * 300}", f"{empty}  .", f"{empty}  a\x1b[2J"]
    (tmp_path / "sums").write_text("\n".join(lines) + "\n")
    error = run(checksum, [], verify=str(tmp_path / "sums")).exception()
    assert isinstance(error, TaskmonError)
    assert error.message == "1 missing, 4 unreadable of 5."
    assert "\x1b" not in error.detail
    assert "unreadable: /dev/zero (is a character device)" in error.detail


def test_a_cancel_at_any_checkpoint_tells_how_far_it_came(run: Run, tree: Path) -> None:
    run(checksum, [str(tree)], manifest=str(tree / "sums")).result()
    (tree / "a").write_text("something else")
    told = set()
    for at in range(1, 100):
        task = run(checksum, [], verify=str(tree / "sums"), at=at)
        if task.state is not TaskState.CANCELLED:
            break
        told.add(task.snapshot().consequence)
    assert "0 of 4 files checked" in told
    assert "2 (1 changed) of 4 files checked" in told


@pytest.mark.parametrize("place", ["tree/sums", "sums", "tree/sub/sums", "else where/sums", "link/sums"])
def test_a_manifest_verifies_where_it_lies(run: Run, tree: Path, tmp_path: Path, place: str) -> None:
    """By the usual tool, by the job, with its folder named or not, wherever it is."""
    (tmp_path / "else where").mkdir()
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "link").symlink_to("far/away")
    manifest = tmp_path / place
    result = run(checksum, [str(tree)], manifest=str(manifest)).result()
    assert result.files == 4

    assert run(checksum, [], verify=str(manifest)).result().files == 4
    assert run(checksum, [str(tree)], verify=str(manifest)).result().files == 4
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--quiet", "-c", manifest.name], cwd=manifest.parent, check=True)


def test_the_fingerprint_does_not_depend_on_where_the_manifest_lies(run: Run, tree: Path, tmp_path: Path) -> None:
    inside = run(checksum, [str(tree)], manifest=str(tree / "sums")).result()
    (tree / "sums").unlink()
    beside = run(checksum, [str(tree)], manifest=str(tmp_path / "sums")).result()
    nowhere = run(checksum, [str(tree)]).result()
    assert inside.fingerprint == beside.fingerprint == nowhere.fingerprint


@pytest.mark.parametrize("place", ["sums", "else/where/sums"])
def test_a_copy_is_checked_and_not_the_original(run: Run, tree: Path, tmp_path: Path, place: str) -> None:
    manifest = tmp_path / place
    manifest.parent.mkdir(parents=True, exist_ok=True)
    run(checksum, [str(tree)], manifest=str(manifest)).result()
    copy = tmp_path / "copies" / "tree"
    shutil.copytree(tree, copy)
    for named in (copy, copy.parent):
        assert run(checksum, [str(named)], verify=str(manifest)).result().files == 4
    (copy / "a").write_text("something else")
    error = run(checksum, [str(copy)], verify=str(manifest)).exception()
    assert isinstance(error, TaskmonError)
    assert error.message == "1 changed of 4."
    shutil.rmtree(copy)
    copy.mkdir()
    error = run(checksum, [str(copy)], verify=str(manifest)).exception()
    assert isinstance(error, TaskmonError)
    assert error.message == "4 missing of 4.", "not one of them was looked for in the original"


def test_a_manifest_of_the_first_version_verifies_with_its_folder(run: Run, tree: Path, tmp_path: Path) -> None:
    """Its names are relative to the tree, wherever it lies."""
    lines = [f"{hashlib.sha256((tree / name).read_bytes()).hexdigest()}  {name}\n" for name in ("a", "b", "c", "sub/d")]
    manifest = tmp_path / "sums"
    manifest.write_text("".join(lines))
    assert run(checksum, [str(tree)], verify=str(manifest)).result().files == 4
    error = run(checksum, [], verify=str(manifest)).exception()
    assert isinstance(error, TaskmonError)
    assert error.message == "4 missing of 4. If they are in another folder, name it as well."
