"""The lines of a checksum manifest, as ``sha256sum`` and its family write and read them.

Names are bytes throughout. A file name need not be text in any encoding, and a manifest is only of use if
each name comes out as it went in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from taskmon.core.base.errors import TaskmonError
from taskmon.core.base.text import plain
from taskmon.core.base.translate import tr

#: The algorithms that a digest of so many hexadecimal digits may come from, the usual one first.
_BY_LENGTH: dict[int, tuple[str, ...]] = {
    32: ("md5",),
    40: ("sha1",),
    56: ("sha224", "sha3_224"),
    64: ("sha256", "blake2s", "sha3_256"),
    96: ("sha384", "sha3_384"),
    128: ("sha512", "blake2b", "sha3_512"),
}
DIGITS = {algorithm: digits for digits, algorithms in _BY_LENGTH.items() for algorithm in algorithms}

_TAGS = {
    "MD5": "md5",
    "SHA1": "sha1",
    "SHA224": "sha224",
    "SHA256": "sha256",
    "SHA384": "sha384",
    "SHA512": "sha512",
    "BLAKE2B": "blake2b",
    "BLAKE2S": "blake2s",
    **{f"SHA3-{bits}": f"sha3_{bits}" for bits in (224, 256, 384, 512)},
    **{f"SHA2-{bits}": f"sha{bits}" for bits in (224, 256, 384, 512)},
}

_GNU_LINE = re.compile(rb"[ \t]*(\\?)([0-9A-Fa-f]{32,}) [ *](.+)", re.DOTALL)
_BSD_LINE = re.compile(rb"[ \t]*(\\?)([A-Za-z0-9-]+) ?\((.+)\) ?= ?([0-9A-Fa-f]+)", re.DOTALL)

_ESCAPES = {b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r"}
_UNESCAPES = {escaped: plain_byte for plain_byte, escaped in _ESCAPES.items()}
_TO_ESCAPE = re.compile(rb"[\\\n\r]")
_TO_UNESCAPE = re.compile(rb"\\(.?)", re.DOTALL)

# A path has at most 4096 bytes, each escaped as two; a line that is longer belongs to something else.
_LINE_LIMIT = 16_384


class Entry(NamedTuple):
    """One file that a manifest lists."""

    name: bytes
    """Its path as the manifest has it, usually relative."""
    digest: str
    """In lower case."""
    algorithms: tuple[str, ...]
    """Those that may have made the digest; one, if the line or the user names it."""


def format_line(name: bytes, digest: str) -> bytes:
    """Return the line for one file.

    A name with a backslash, newline or carriage return is escaped, and the line then starts with a backslash.
    """
    if name == b"-":
        name = b"./-"  # `sha256sum -c` would read its standard input
    escaped = _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], name)
    mark = b"\\" if escaped != name else b""
    return b"%s%s  %s\n" % (mark, digest.encode(), escaped)


def parse_line(line: bytes, algorithm: str | None = None) -> Entry:
    """Return what one line says. Both forms are read: the usual one, and ``SHA256 (name) = …`` of ``--tag``.

    `algorithm`, if given, wins over what the line suggests.

    Raises:
        ValueError: this is no checksum line; the text says why.
    """
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    if match := _GNU_LINE.fullmatch(line):
        escaped, digest, name = match.groups()
        algorithms = _BY_LENGTH.get(len(digest), ())
        if not algorithms and algorithm is None:
            raise ValueError(tr("no known checksum has {n} digits").format(n=len(digest)))
    elif match := _BSD_LINE.fullmatch(line):
        escaped, tag, name, digest = match.groups()
        named = _TAGS.get(tag.decode().upper())
        if named is None and algorithm is None:
            raise ValueError(tr("the algorithm {name} is not known").format(name=plain(tag.decode(), 40)))
        algorithms = (named,) if named else ()
    else:
        raise ValueError(tr("it is not a checksum and a file name"))
    if algorithm is not None:
        algorithms = (algorithm,)
    if len(digest) != DIGITS[algorithms[0]]:
        raise ValueError(
            tr("it has {n} digits where {name} has {right}").format(
                n=len(digest), name=algorithms[0], right=DIGITS[algorithms[0]]
            )
        )
    if escaped:
        name = _TO_UNESCAPE.sub(_unescape, name)
    if b"\0" in name:
        raise ValueError(tr("its file name contains a NUL character"))
    return Entry(name, digest.decode().lower(), algorithms)


def parse_manifest(lines: Iterable[bytes], algorithm: str | None = None) -> Iterator[Entry]:
    """Yield the entries of a manifest. Empty lines and lines that start with ``#`` are passed over.

    Raises:
        TaskmonError: a line is no checksum line (it is named), or there is none at all.
    """
    found = False
    for number, line in enumerate(lines, 1):
        if len(line) > _LINE_LIMIT:
            raise _bad_line(number, line, tr("it is too long"))
        if not line.strip() or line.startswith(b"#"):
            continue
        try:
            yield parse_line(line, algorithm)
        except ValueError as error:
            raise _bad_line(number, line, str(error)) from error
        found = True
    if not found:
        raise TaskmonError(tr("The manifest cannot be read"), tr("It lists no checksums."))


def read_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of an open file, in pieces no longer than what `parse_manifest` refuses.

    So a film that was given for a manifest is refused at its first piece, and not read as one line.
    """
    while line := stream.readline(_LINE_LIMIT + 1):
        yield line


def _bad_line(number: int, line: bytes, problem: str) -> TaskmonError:
    shown = plain(line[:200].decode("utf-8", "surrogateescape").rstrip("\r\n"), 100)
    sentence = tr("Line {n} is of no use: {problem}.").format(n=number, problem=problem)
    return TaskmonError(tr("The manifest cannot be read"), sentence, f"{number}: {shown}")


def _unescape(match: re.Match[bytes]) -> bytes:
    try:
        return _UNESCAPES[match[0]]
    except KeyError:
        raise ValueError(tr("its file name has a backslash that escapes nothing")) from None
