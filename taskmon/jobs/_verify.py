"""Checking files against a manifest.

Its names are relative to its own folder, unless the user says that the files are in another: in a copy of the tree, or
beside a manifest whose names begin above it. There each file is looked for by its whole name, or by what is left of
that without the first parts, which all names have in common. How many of these are left out is found by trying.
"""

from __future__ import annotations

import io
import os
from enum import Enum
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import format_bytes, format_count, plain, tr_count
from taskmon.core.base.translate import in_a_row, mark, tr
from taskmon.core.stop.reason import TaskCancelled
from taskmon.jobs._hashing import Digested, FileHasher, Wanted, new_hash, open_plain
from taskmon.jobs._manifest import Entry, parse_manifest, read_lines

if TYPE_CHECKING:
    from taskmon.core.task.context import TaskContext

# So many names are tried to find out how they lie beneath a folder.
_SAMPLE = 200
# Enough for anyone to read. All of them are counted.
_LISTED = 1_000


class Mismatch(Enum):
    """How a file fails to be what the manifest says. The value is how a count of them reads."""

    CHANGED = mark("changed")
    MISSING = mark("missing")
    UNREADABLE = mark("unreadable")


class VerifyResult(NamedTuple):
    """Every file is as the manifest says."""

    files: int
    size: int
    """Bytes read."""

    def __str__(self) -> str:
        return tr_count(
            self.files,
            "The one file is as the manifest says ({size} read).",
            "All {n} files are as the manifest says ({size} read).",
            size=format_bytes(self.size),
        )


def verify_manifest(ctx: TaskContext, manifest: str, root: str | None, algorithm: str | None) -> VerifyResult:
    """Check that each file listed in `manifest` is there, under `root` if that is given, and has the digest given.

    Links are followed: the manifest names these files. Files it does not name are not looked at.

    Raises:
        TaskmonError: the manifest cannot be read, or not every file is as it says; the detail lists those.
    """
    return _Verifying(ctx, manifest, root).run(manifest, algorithm)


class _Verifying:
    """One run. Belongs to its worker."""

    def __init__(self, ctx: TaskContext, manifest: str, root: str | None) -> None:
        self._ctx = ctx
        self._asked = root
        self._root = os.path.dirname(manifest) if root is None else root
        self._passed = 0
        self._total = 0
        self._checked = 0
        self._counts = dict.fromkeys(Mismatch, 0)
        self._listed: list[str] = []
        # Of digests that several algorithms may have made: those that are still possible, by number of
        # digits. A manifest is made with one of them, so the first file that fits decides for the rest.
        self._possible: dict[tuple[str, ...], tuple[str, ...]] = {}

    def run(self, manifest: str, algorithm: str | None) -> VerifyResult:
        try:
            entries = self._read(manifest, algorithm)
            self._total = len(entries)
            if self._asked is not None:
                self._passed = self._parts_to_pass(entries)
            expected = [self._size_of(entry) for entry in entries]
            hasher = FileHasher(self._ctx, sum(size or 0 for size in expected))
            outcomes = hasher.digest_all(map(self._wanted, entries, expected))
            for entry, outcome in zip(entries, outcomes, strict=True):
                self._check(entry, outcome)
        except TaskCancelled:
            self._ctx.consequence = tr_count(
                self._total, "{done} of {n} file checked", "{done} of {n} files checked", done=self._told()
            )
            raise
        if failed := self._failures():
            told = tr("{failed} of {total}.").format(failed=failed, total=format_count(self._total))
            if self._asked is None and self._counts[Mismatch.MISSING] == self._total:
                told = in_a_row(told, tr("If they are in another folder, name it as well."))
            raise TaskmonError(tr("The files are not as the manifest says"), told, "\n".join(self._listed))
        return VerifyResult(self._total, hasher.done)

    def _read(self, manifest: str, algorithm: str | None) -> list[Entry]:
        self._ctx.progress(message=tr("Reading the manifest"))
        entries = []
        try:
            with io.BufferedReader(open_plain(manifest, follow=True)) as file:
                for entry in parse_manifest(read_lines(file), algorithm):
                    self._ctx.checkpoint()
                    entries.append(entry)
        except OSError as error:
            message = f"“{plain(manifest)}”: {error.strerror or error}."
            raise TaskmonError(tr("The manifest cannot be read"), message) from error
        for name in {name for entry in entries for name in entry.algorithms}:
            new_hash(name)  # before any work: fails where the algorithm is not available
        return entries

    def _path_of(self, entry: Entry) -> str:
        return self._path_without(entry, self._passed)

    def _path_without(self, entry: Entry, parts: int) -> str:
        name = os.fsdecode(entry.name)
        return os.path.join(self._root, *name.split("/")[parts:]) if parts else os.path.join(self._root, name)

    def _parts_to_pass(self, entries: list[Entry]) -> int:
        """How many first parts of the names are not beneath the folder that the user has named.

        That with which most of the files are found, and of several the fewest.
        """
        folders = [os.fsdecode(entry.name).split("/")[:-1] for entry in entries]
        common = sum(1 for _ in takewhile(lambda parts: len(set(parts)) == 1, zip(*folders, strict=False)))
        # From a name that leads out of the folder by “..”, at least so much is passed over.
        least = next((place + 1 for place in reversed(range(common)) if folders[0][place] == os.pardir), 0)
        step = max(1, len(entries) // _SAMPLE)
        sample = entries[::step]

        def found(parts: int) -> int:
            self._ctx.checkpoint()
            return sum(os.path.lexists(self._path_without(entry, parts)) for entry in sample)

        return max(range(least, common + 1), key=lambda parts: (found(parts), -parts))

    def _size_of(self, entry: Entry) -> int | None:
        self._ctx.checkpoint()
        try:
            return os.stat(self._path_of(entry)).st_size
        except OSError:
            return None  # looked at again, and told, when its turn comes

    def _wanted(self, entry: Entry, size: int | None) -> Wanted:
        def algorithms() -> tuple[str, ...]:
            return self._possible.get(entry.algorithms, entry.algorithms)

        return Wanted(self._path_of(entry), algorithms, size or 0, os.fsdecode(entry.name), follow=True)

    def _check(self, entry: Entry, outcome: Digested | OSError) -> None:
        name = os.fsdecode(entry.name)
        if isinstance(outcome, (FileNotFoundError, NotADirectoryError)):
            self._note(Mismatch.MISSING, name)
        elif isinstance(outcome, OSError):
            self._note(Mismatch.UNREADABLE, name, outcome.strerror or str(outcome))
        else:
            # Of those that are possible now: it may have been begun when more were.
            possible = self._possible.get(entry.algorithms, entry.algorithms)
            fitting = tuple(each for each in possible if outcome.digests.get(each) == entry.digest)
            if fitting:
                self._possible[entry.algorithms] = fitting
            else:
                self._note(Mismatch.CHANGED, name)
        self._checked += 1

    def _note(self, kind: Mismatch, name: str, text: str = "") -> None:
        self._counts[kind] += 1
        line = f"{tr(kind.value)}: {plain(name, 1000)}" + (f" ({text})" if text else "")
        self._ctx.log(line)
        if len(self._listed) < _LISTED:
            self._listed.append(line)
        elif len(self._listed) == _LISTED:
            self._listed.append("…")

    def _failures(self) -> str:
        return ", ".join(f"{format_count(count)} {tr(kind.value)}" for kind, count in self._counts.items() if count)

    def _told(self) -> str:
        told = format_count(self._checked)
        return f"{told} ({failed})" if (failed := self._failures()) else told
