"""Every file name survives the manifest, and every line that is none is named."""

from __future__ import annotations

import contextlib
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmon.core.base.errors import TaskmonError
from taskmon.jobs._manifest import DIGITS, Entry, format_line, parse_line, parse_manifest, read_lines

SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
names = st.binary(min_size=1, max_size=60).filter(lambda name: b"\0" not in name)
awkward = st.text(alphabet="\\nr\n\r -*()=ab", min_size=1, max_size=12).map(str.encode)


@given(st.lists(names | awkward, min_size=1, max_size=8), st.sampled_from(sorted(DIGITS)))
def test_names_come_back_as_they_went_in(written: list[bytes], algorithm: str) -> None:
    digest = "0123456789abcdef" * 8
    content = b"".join(format_line(name, digest[: DIGITS[algorithm]]) for name in written)
    read = list(parse_manifest(read_lines(io.BytesIO(content)), algorithm))
    assert [entry.name for entry in read] == [b"./-" if name == b"-" else name for name in written]
    assert {entry.digest for entry in read} == {digest[: DIGITS[algorithm]]}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (b"plain", b"%s  plain\n"),
        (b"two words", b"%s  two words\n"),
        (b"a\nb", b"\\%s  a\\nb\n"),
        (b"a\rb", b"\\%s  a\\rb\n"),
        (b"a\\b", b"\\%s  a\\\\b\n"),
        (b"a\\nb", b"\\%s  a\\\\nb\n"),
        (b"\xff", b"%s  \xff\n"),
        (b"-", b"%s  ./-\n"),
    ],
)
def test_lines_are_those_of_sha256sum(name: bytes, line: bytes) -> None:
    assert format_line(name, SHA256) == line % SHA256.encode()


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        (f"{SHA256} *binary mode", Entry(b"binary mode", SHA256, ("sha256", "blake2s", "sha3_256"))),
        (f"{SHA256.upper()}  x\r\n", Entry(b"x", SHA256, ("sha256", "blake2s", "sha3_256"))),
        (f"SHA256 (a (b) = c) = {SHA256}", Entry(b"a (b) = c", SHA256, ("sha256",))),
        (f"SHA256(x)= {SHA256}", Entry(b"x", SHA256, ("sha256",))),
        (f"\\SHA256 (a\\nb) = {SHA256}", Entry(b"a\nb", SHA256, ("sha256",))),
        (f"SHA3-256 (x) = {SHA256}", Entry(b"x", SHA256, ("sha3_256",))),
        (f"BLAKE2b (x) = {'0' * 128}", Entry(b"x", "0" * 128, ("blake2b",))),
        ("d41d8cd98f00b204e9800998ecf8427e  x", Entry(b"x", "d41d8cd98f00b204e9800998ecf8427e", ("md5",))),
    ],
)
def test_other_forms_are_read(line: str, entry: Entry) -> None:
    assert parse_line(line.encode()) == entry


def test_the_algorithm_asked_for_wins() -> None:
    assert parse_line(f"{SHA256}  x".encode(), "blake2s").algorithms == ("blake2s",)
    assert parse_line(f"SHA256 (x) = {SHA256}".encode(), "sha3_256").algorithms == ("sha3_256",)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("hello", "it is not a checksum and a file name"),
        (SHA256, "it is not a checksum and a file name"),
        (f"{SHA256} x", "it is not a checksum and a file name"),
        (f"{SHA256}  ", "it is not a checksum and a file name"),
        (f"{SHA256}0  x", "no known checksum has 65 digits"),
        (f"SHA256 (x) = {SHA256}0", "it has 65 digits where sha256 has 64"),
        (f"CRC99 (x) = {SHA256}", "the algorithm CRC99 is not known"),
        (f"\\{SHA256}  a\\tb", "its file name has a backslash that escapes nothing"),
        (f"\\{SHA256}  a\\", "its file name has a backslash that escapes nothing"),
        (f"{SHA256}  a\0b", "its file name contains a NUL character"),
        ("\x1b[2J\u202e", "it is not a checksum and a file name"),
    ],
)
def test_a_bad_line_is_named(line: str, problem: str) -> None:
    content = f"# comment\n\n{SHA256}  good\n{line}\n".encode()
    with pytest.raises(TaskmonError, match=re.escape(f"Line 4 is of no use: {problem}.")) as raised:
        list(parse_manifest(read_lines(io.BytesIO(content))))
    assert raised.value.detail.startswith("4: ")
    assert "\x1b" not in raised.value.detail


def test_an_explicit_algorithm_must_fit() -> None:
    with pytest.raises(TaskmonError, match="64 digits where sha512 has 128"):
        list(parse_manifest([f"{SHA256}  x".encode()], "sha512"))


@pytest.mark.parametrize("content", [b"", b"\n\n# nothing\n"])
def test_an_empty_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(TaskmonError, match="It lists no checksums"):
        list(parse_manifest(read_lines(io.BytesIO(content))))


def test_a_film_is_refused_at_its_first_piece() -> None:
    film = io.BytesIO(b"\xf0" * 10_000_000)
    with pytest.raises(TaskmonError, match="Line 1 is of no use: it is too long"):
        list(parse_manifest(read_lines(film)))
    assert film.tell() < 100_000


@given(st.binary(max_size=400))
def test_garbage_is_refused_or_read_but_never_crashes(content: bytes) -> None:
    with contextlib.suppress(TaskmonError):
        list(parse_manifest(read_lines(io.BytesIO(content))))
