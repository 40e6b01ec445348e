"""The settings file: read with care, changed without losing what else is in it.

Comments, unknown keys and the order of the lines belong to whoever wrote them: a change touches the values that have
changed. A file that is not TOML is set aside under another name, never overwritten.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from taskmon.core.base.text import plain
from taskmon.core.base.translate import tr
from taskmon.settings.keys import KEYS

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

#: A settings file that is larger is not one.
_MOST_BYTES: Final = 1_000_000


class BadFile(Exception):
    """The file is not TOML. The message says where."""


class Reading(NamedTuple):
    """What a file said."""

    values: dict[str, object]
    """The known settings that make sense, by name."""
    problems: list[str]
    """A sentence for each that does not."""


def read(path: str) -> Reading:
    """Read the settings in the file `path`; a missing file says nothing.

    Raises:
        BadFile: it is not TOML.
        OSError: it cannot be read.
    """
    content = _content(path)
    if not content.strip():
        return Reading({}, [])
    import tomllib  # not for those who have changed nothing

    try:
        document = tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFile(plain(str(error), 200)) from None
    return _pick(document, os.path.basename(path))


def _content(path: str) -> str:
    try:
        # A pipe under this name must not keep the window waiting for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return ""
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(tr("it is not a file"))
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise BadFile(tr("it is too large"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile(tr("it is not UTF-8 text")) from None


def _pick(document: Mapping[str, object], name: str) -> Reading:
    values: dict[str, object] = {}
    problems = []
    for key in KEYS:
        table, _, field = key.name.partition(".")
        part = document.get(table)
        if not isinstance(part, dict) or field not in part:
            continue
        value = part[field]
        wrong = key.check(value)
        if not wrong:
            values[key.name] = value
            continue
        problems.append(
            tr("{file}: {key} is {value}; {wrong}. The default, {default}, is used.").format(
                file=name, key=key.name, value=plain(repr(value), 60), wrong=wrong, default=repr(key.default)
            )
        )
    return Reading(values, problems)


def change(path: str, changes: Mapping[str, object], everything: Mapping[str, object]) -> str:
    """Write `changes` into the file, and return the name that a bad one was set aside under, or an empty text.

    In place of a bad or a missing file comes one with `everything`. Blocks on the disk; for a worker thread.

    Raises:
        OSError, TaskmonError: it cannot be written. What was there before is unchanged.
    """
    import tomlkit  # slow to load
    from tomlkit.exceptions import TOMLKitError

    from taskmon.core.base.files import set_aside, write_atomically

    path = os.path.realpath(path)  # a link to a file kept elsewhere stays a link
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    aside = ""
    try:
        content = _content(path)
        document = tomlkit.parse(content)
    except (BadFile, TOMLKitError, RecursionError):
        aside = set_aside(path, "bad")
        content, document = "", tomlkit.document()
    _put(document, changes if content else {**everything, **changes})
    write_atomically(path, [tomlkit.dumps(document).encode()])
    return aside


def _put(document: TOMLDocument, changes: Mapping[str, object]) -> None:
    import tomlkit

    for name, value in changes.items():
        table, _, field = name.partition(".")
        if not isinstance(document.get(table), dict):
            document[table] = tomlkit.table()
        document[table][field] = value
