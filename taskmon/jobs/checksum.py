"""The checksum job: a digest of every file under some folders, and a manifest of them all.

First every file is counted, so that the progress has a total and a time left; then each is read. The manifest
stays in memory until all files are done and is written in one short step that a cancel waits for. So whatever
ends the job, the manifest's name stands for the old content or for all of the new, and never for a part.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from taskmon.core.base.files import write_atomically
from taskmon.core.base.text import format_bytes, format_count, plain, tr_count
from taskmon.core.base.translate import tr
from taskmon.core.stop.reason import TaskCancelled
from taskmon.jobs._hashing import FileHasher, NotPlainFileError, Wanted, new_hash
from taskmon.jobs._manifest import format_line
from taskmon.jobs._walk import Found, ProblemKind, Problems, common_root, find_files

if TYPE_CHECKING:
    from taskmon.core.task.context import TaskContext

#: What the algorithm “automatic” means where nothing else decides.
USUAL_ALGORITHM = "sha256"

_BLOCK_LINES = 4096


class ChecksumResult(NamedTuple):
    """What the job found."""

    algorithm: str
    files: int
    """Files hashed."""
    size: int
    """Bytes read."""
    fingerprint: str
    """The digest of a manifest in the tree itself: two trees with the same names and contents have the same."""
    manifest: str | None
    """The path of the manifest written, if one was."""
    links: int
    """Symbolic links passed over."""
    problems: Problems
    """What was left out, or changed while it was read."""

    def __str__(self) -> str:
        lines = [
            tr_count(
                self.files,
                "{n} file, {size} hashed with {algorithm}.",
                "{n} files, {size} hashed with {algorithm}.",
                size=format_bytes(self.size),
                algorithm=self.algorithm,
            )
        ]
        if self.links:
            lines.append(
                tr_count(self.links, "{n} symbolic link was not followed.", "{n} symbolic links were not followed.")
            )
        if self.problems.total:
            lines.append(f"{self.problems.summary()}.")
        lines.append(tr("Fingerprint {digits}").format(digits=self.fingerprint))
        if self.manifest is not None:
            lines.append(tr("Manifest written to {path}").format(path=plain(self.manifest, 1000)))
        return "\n".join(lines)


def checksum(
    ctx: TaskContext,
    folders: Sequence[str],
    *,
    algorithm: str = "automatic",
    manifest: str | None = None,
    verify: str | None = None,
) -> object:
    """Hash every plain file under `folders`, or check those that the manifest `verify` lists.

    Args:
        ctx: the task's context; every directory entry and every chunk of a file is a checkpoint.
        folders: absolute paths. Links in them are not followed, the folders themselves may be links.
        algorithm: a name of `hashlib` of fixed length; “automatic” for sha256, or for what `verify` was made
            with.
        manifest: absolute path of the manifest to write. Its names are relative to its own folder, so that it
            verifies where it lies, and sorted by their bytes.
        verify: absolute path of a manifest to check instead. Its names are relative to its own folder; where
            `folders` are given, the files are looked for in these, see `taskmon.jobs._verify`.

    Returns:
        A `ChecksumResult`, or a `VerifyResult`; `str()` of either tells it in a few lines.

    Raises:
        TaskmonError: the manifest cannot be written or read, or a file is not what the manifest says.
    """
    explicit = None if algorithm == "automatic" else algorithm
    if verify is not None:
        from taskmon.jobs._verify import verify_manifest

        return verify_manifest(ctx, verify, common_root(folders) if folders else None, explicit)
    return _Hashing(ctx, folders, explicit or USUAL_ALGORITHM, manifest).run()


class _Hashing:
    """One run of the job. Belongs to its worker."""

    def __init__(self, ctx: TaskContext, folders: Sequence[str], algorithm: str, manifest: str | None) -> None:
        self._ctx = ctx
        self._folders = folders
        self._root = common_root(folders)
        self._algorithm = algorithm
        self._manifest = manifest
        self._problems = Problems(ctx)
        self._lines: list[bytes] = []
        self._way = _way_from(manifest, self._root) if manifest is not None else b""
        self._tree_hash = new_hash(algorithm)  # before any work: fails where the algorithm is not available
        self._hashed = 0
        self._found: list[Found] | None = None

    def run(self) -> ChecksumResult:
        try:
            self._found, links = find_files(self._ctx, self._folders, self._root, self._manifest, self._problems)
            size = self._hash_all(self._found)
            self._ctx.checkpoint()
            if self._manifest is not None:
                self._ctx.progress(message=tr("Writing the manifest"))
                with self._ctx.stop.shield(tr("writing the manifest")):
                    write_atomically(self._manifest, self._blocks())
                self._ctx.result_path = self._manifest
        except TaskCancelled:
            self._ctx.consequence = self._left_behind()
            raise
        return ChecksumResult(
            self._algorithm,
            self._hashed,
            size,
            self._tree_hash.hexdigest(),
            self._manifest,
            links,
            self._problems,
        )

    def _hash_all(self, found: list[Found]) -> int:
        hasher = FileHasher(self._ctx, sum(file.size for file in found))
        outcomes = hasher.digest_all([self._wanted(file) for file in found])
        for file, outcome in zip(found, outcomes, strict=True):
            path = os.path.join(self._root, os.fsdecode(file.name))
            if isinstance(outcome, (FileNotFoundError, NotADirectoryError)):
                self._problems.add(ProblemKind.VANISHED, path, tr("vanished before it was read"))
            elif isinstance(outcome, NotPlainFileError):
                self._problems.add(ProblemKind.SPECIAL, path, tr("{what} now, left out").format(what=outcome.strerror))
            elif isinstance(outcome, OSError):
                self._problems.add(ProblemKind.UNREADABLE, path, outcome.strerror or str(outcome))
            else:
                if outcome.changed or outcome.size != file.size:
                    self._problems.add(ProblemKind.CHANGED, path, tr("changed while it was counted or read"))
                self._add_line(file.name, outcome.digests[self._algorithm])
        return hasher.done

    def _wanted(self, file: Found) -> Wanted:
        name = os.fsdecode(file.name)
        return Wanted(os.path.join(self._root, name), lambda: (self._algorithm,), file.size, name)

    def _add_line(self, name: bytes, digest: str) -> None:
        self._hashed += 1
        self._tree_hash.update(format_line(name, digest))
        if self._manifest is not None:
            self._lines.append(format_line(self._way + name, digest))

    def _blocks(self) -> Iterator[bytes]:
        for start in range(0, len(self._lines), _BLOCK_LINES):
            yield b"".join(self._lines[start : start + _BLOCK_LINES])

    def _left_behind(self) -> str:
        if self._found is None:
            told = tr("the files were still being counted")
        else:
            done, total = format_count(self._hashed), len(self._found)
            told = tr_count(total, "{done} of {n} file hashed", "{done} of {n} files hashed", done=done)
        if self._manifest is None:
            return told
        kept = tr("the old manifest is unchanged") if os.path.lexists(self._manifest) else tr("no manifest written")
        return f"{told}, {kept}"


def _way_from(manifest: str, root: str) -> bytes:
    """What stands before each name, so that ``sha256sum -c`` finds the files from the folder of the manifest."""
    # As the system goes up by “..”: from the real folder, not by the links that led there.
    target, start = os.path.realpath(root), os.path.realpath(os.path.dirname(manifest))
    try:
        way = os.path.relpath(target, start)
    except ValueError:  # on another drive
        way = target
    return b"" if way == os.curdir else os.fsencode(os.path.join(way, ""))
