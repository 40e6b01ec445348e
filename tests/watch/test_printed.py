"""How far a command is, as its output tells; and no more than it tells."""

from __future__ import annotations

import pytest

from taskmon.watch import printed
from taskmon.watch.printed import PrintedProgress


@pytest.mark.parametrize(
    ("said", "progress"),
    [
        # rsync --info=progress2, curl -#, wget
        ("\r  1,234,567  45%   12.30MB/s    0:00:12 (xfr#5, to-chk=3/10)", (45, 100, "%")),
        ("\r######            27.5%\r#######           31.0%", (31.0, 100, "%")),
        ("\rarchive.zip  45%[====>     ] 1.1M  2MB/s ", (45, 100, "%")),
        # git: the count says more than the share
        ("Receiving objects:  45% (450/1000), 1.2 MiB\r", (450, 1000, "")),
        # what is written in pieces
        ("\r 1", (None, None, "")),
        # ninja and others, one line after the other
        ("[1/345] CC a.o\n[2/345] CC b.o\n", (2, 345, "")),
        ("step 3 of 8\nstep 4 of 8\n", (4, 8, "")),
        ("apt: 10%\napt: 12%\n", (12, 100, "%")),
        # ffmpeg
        (
            "  Duration: 00:01:40.50, start: 0.0\nframe=1 time=00:00:10.00 bitrate=1 speed=2x\r",
            (10.0, 100.5, "s"),
        ),
        ("frame=1 time=00:00:10.00 bitrate=1 speed=2x\r", (10.0, None, "s")),
        # what terminals know
        ("\x1b]9;4;1;30\x07 9%\r", (30, 100, "%")),
        ("\x1b]9;4;1;30\x1b\\\x1b]9;4;0\x1b\\", (None, None, "")),
        # colours stand between
        ("\r\x1b[32m 45%\x1b[0m done", (45, 100, "%")),
        # what is none
        ("2026/11/28 started\n2026/11/29 goes on\n", (None, None, "")),
        ("CPU 34%\n", (None, None, "")),
        ("CPU 34%\nCPU 12%\n", (None, None, "")),
        ("/usr/3/4\n/usr/3/4\n", (None, None, "")),
        ("version 1/2\nversion 1/2\n", (None, None, "")),
        ("\r 120% sure", (None, None, "")),
    ],
)
def test_what_is_printed_tells_how_far_it_is(said: str, progress: tuple[float | None, float | None, str]) -> None:
    heard = PrintedProgress()
    heard.feed(said)
    assert heard.now()[:3] == progress


def test_it_does_not_matter_in_which_pieces_it_comes() -> None:
    heard = PrintedProgress()
    for piece in "[1/9] a\n[2/9] b\n[3/9] c\n":
        heard.feed(piece)
    assert heard.now() == (3, 9, "", "[3/9] c")


def test_silence_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(printed.time, "monotonic", lambda: now[0])
    heard = PrintedProgress()
    heard.feed("connecting\n")
    assert heard.now()[3] == "connecting"
    now[0] += 4
    assert heard.now()[3] == "last output 4\u00a0s ago: connecting"
    heard.feed("\r 10%\r 20%")
    now[0] += 4
    assert heard.now() == (20, 100, "%", "20%"), "with progress, that is what counts"


def test_a_flood_is_looked_at_in_bounded_time() -> None:
    heard = PrintedProgress()
    heard.feed("x" * 5_000_000)
    heard.feed("\r" + "9" * 100_000 + "%\r 50%\r")
    assert heard.now()[:3] == (50, 100, "%")
