"""What the program prints: heard while somebody looks or may come, and not touched otherwise."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from taskmon.watch.hooks.output import OutputHook


@pytest.fixture
def streams(tmp_path: Path) -> Iterator[list[Any]]:
    """Streams as Python makes them: one without a buffer, as PYTHONUNBUFFERED has it, and one with."""
    bare = io.TextIOWrapper(io.FileIO(tmp_path / "out", "w"), write_through=True)  # type: ignore[arg-type]
    buffered = (tmp_path / "err").open("w")
    yield [bare, buffered]
    bare.close()
    buffered.close()


def is_heard(stream: Any) -> bool:
    return "write" in vars(getattr(stream.buffer, "raw", stream.buffer))


def test_what_is_printed_is_heard_and_arrives(streams: list[Any], tmp_path: Path) -> None:
    hook = OutputHook(*streams)
    hook.install()
    print("one", file=streams[0])
    print("two", file=streams[1], flush=True)
    print("three", end="", file=streams[0])
    assert hook.take() == ["one", "two"]
    print(" and a half", file=streams[0])
    assert hook.take() == ["three and a half"]
    assert (tmp_path / "out").read_text() == "one\nthree and a half\n"
    assert (tmp_path / "err").read_text() == "two\n"


def test_unheard_streams_are_as_they_were(streams: list[Any]) -> None:
    """Nothing of ours is in the way of a print while nobody looks, and what was heard before is not lost."""
    hook = OutputHook(*streams)
    assert not any(is_heard(stream) for stream in streams)
    hook.install()
    hook.install()
    assert all(is_heard(stream) for stream in streams)
    print("heard", file=streams[0])
    hook.uninstall()
    assert not any(is_heard(stream) for stream in streams)
    print("not heard", file=streams[0])
    assert hook.take() == ["heard"]
    hook.install()
    print("heard again", file=streams[0])
    assert hook.take() == ["heard again"]


def test_little_is_kept_however_much_is_printed(streams: list[Any]) -> None:
    hook = OutputHook(*streams)
    hook.install()
    for number in range(2_000):
        print("x" * 100_000 if number % 100 == 0 else number, file=streams[0])
    assert sum(len(line) for line in hook.take()) < 10_000_000
    print("the last", file=streams[0])
    assert hook.take()[-1] == "the last"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_after_a_failed_write_nobody_listens_to_that_stream() -> None:
    """The error comes as ever, and the stream is as it was."""
    with io.FileIO("/dev/full", "w") as raw:
        stream = io.TextIOWrapper(raw, write_through=True)  # type: ignore[arg-type]
        hook = OutputHook(stream, io.StringIO())
        hook.install()
        with pytest.raises(OSError, match="No space left"):
            print("x", file=stream)
        assert "write" not in vars(raw)
        assert hook.take(all_of_it=True) == [], "it was not printed"
        stream.detach()


def test_what_is_no_text_is_heard_as_it_was_then(streams: list[Any]) -> None:
    """Nothing of the program's is held fast: it may change the size of what it has written."""
    hook = OutputHook(*streams)
    hook.install()
    mine = bytearray(b"once")
    streams[0].buffer.write(memoryview(mine))
    mine.extend(b" more")
    streams[0].buffer.write(mine)
    mine[:] = b"never written"
    with pytest.raises(TypeError):
        streams[0].buffer.write("text")
    assert hook.take(all_of_it=True) == ["onceonce more"]


def test_a_program_that_listens_itself_is_let_be(streams: list[Any]) -> None:
    raw = streams[0].buffer
    own = raw.write
    raw.write = own
    hook = OutputHook(*streams)
    hook.install()
    assert raw.write is own
    hook.uninstall()
    assert raw.write is own
