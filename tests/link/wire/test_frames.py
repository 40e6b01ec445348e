"""Bytes into messages: whole at every split point, and nothing that is no message gets through."""

from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmon.core.stacks.facts import ThreadFacts
from taskmon.core.stacks.sampler import StackFrame, StackSample
from taskmon.core.stop import StopKind, StopReason
from taskmon.core.task.meter import CheckpointReading
from taskmon.core.task.progress import Progress
from taskmon.core.task.snapshot import Origin, ProgramInfo, StopMeans, TaskSnapshot
from taskmon.core.task.state import TaskState
from taskmon.link.wire.codec import SnapshotError, from_item, from_move, from_stack, to_item, to_stack
from taskmon.link.wire.connection import DEEPEST, LONGEST_FRAME, Connection, FrameError, decode, encode, encode_many
from tests.helpers.window import picture

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(st.dictionaries(st.text(), _VALUES, max_size=4), max_size=4), st.data())
@settings(max_examples=60)
def test_messages_arrive_whole_however_they_are_split(bodies: list[dict[str, object]], data: st.DataObject) -> None:
    messages = [{**body, "t": "x"} for body in bodies]
    try:
        stream = b"".join(map(encode, messages))
    except ValueError:
        return
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    decoder, got = Connection(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += decoder.feed(stream[start:end])
    assert got == messages
    assert decoder.waiting == 0


def test_every_split_point_of_two_frames() -> None:
    messages = [{"t": "a", "n": 1}, {"t": "b", "text": "ü\ud800"}]
    stream = b"".join(map(encode, messages))
    for cut in range(len(stream) + 1):
        decoder = Connection()
        assert decoder.feed(stream[:cut]) + decoder.feed(stream[cut:]) == messages
    decoder = Connection()
    assert [message for byte in stream for message in decoder.feed(bytes([byte]))] == messages


@pytest.mark.parametrize("length", [0, LONGEST_FRAME + 1, 2**31, 2**32 - 1])
def test_a_length_that_cannot_be_is_refused_before_a_byte_of_it_has_come(length: int) -> None:
    decoder = Connection()
    with pytest.raises(FrameError, match="bytes"):
        decoder.feed(length.to_bytes(4, "big"))
    assert decoder.waiting <= 4


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"1", b'"t"', b"{}", b'{"t":1}', b'{"t":"x"', b'{"t":"x"}}', b'{"t":"x","t":"y"}',
    b'{"t":"x","n":NaN}', b'{"t":"x","n":-Infinity}', b'{"t":"x","n":' + b"9" * 5000 + b"}", b"\xff\xfe", b"\0" * 10,
    b'{"t":"x","a":' + b"[" * DEEPEST + b"]" * DEEPEST + b"}", b"[" * 30_000 + b"]" * 30_000, b"[" * 60_000,
    b'{"t":"x","a":{"b":1,"b":2}}', b"{'t':'x'}", b'{"t":"x"} {"t":"y"}',
])  # fmt: skip
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(FrameError):
        decode(body)


def test_what_is_a_message_gets_through() -> None:
    """As deep as may be, brackets within texts, numbers of any size, bytes that are no UTF-8."""
    deep = b'{"t":"x","a":' + b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1) + b"}"
    assert decode(deep)["t"] == "x"
    brackets = {"t": "x", "a": ['[[[[{{{{\\"]' * 50, "\\", '"', "]" * 50] * 3}
    assert decode(json.dumps(brackets).encode()) == brackets
    assert decode(b'{"t":"x","n":1' + b"0" * 300 + b"}")["n"] == 10**300
    assert decode(b'{"t":"x","a":"\xff"}')["a"] == "\ufffd"


def test_no_frame_takes_long() -> None:
    """Whatever is in it, a frame is read in the time that its length allows."""
    worst = [
        b'"' * LONGEST_FRAME, b'\\"' * (LONGEST_FRAME // 2), b'"\\' * (LONGEST_FRAME // 2),
        b"[]" * (LONGEST_FRAME // 2),
        b'[""' * (LONGEST_FRAME // 3) + b"\\", b"[" * 17 + b'"\\' * 30_000, b"{" * LONGEST_FRAME,
        b'["' + b"\\\\" * 32_000 + b'"' + b"[" * 30 + b'"\\',
    ]  # fmt: skip
    began = time.process_time()
    for body in worst:
        with pytest.raises(FrameError):
            decode(body)
    assert time.process_time() - began < 1.0


def test_long_lists_travel_in_several_frames() -> None:
    items = [{"id": number, "text": "x" * 300} for number in range(1_000)] + [{"text": "y" * LONGEST_FRAME}]
    frames = encode_many("tasks", "tasks", items)
    decoder = Connection()
    got = [message for frame in frames for message in decoder.feed(frame)]
    assert [item for message in got for item in message["tasks"]] == items[:-1]
    assert len(frames) > 10
    assert encode_many("tasks", "tasks", []) == []


def test_a_message_that_is_too_long_is_not_made() -> None:
    with pytest.raises(ValueError, match="bytes"):
        encode({"t": "x", "a": "x" * LONGEST_FRAME})
    with pytest.raises(ValueError, match="JSON"):
        encode({"t": "x", "a": float("nan")})


# -- a hundred thousand bad frames -----------------------------------------------------------------------------


def _clock(value: object) -> float | None:
    return float(value) if type(value) in (int, float) and abs(value) < 1e12 else None  # type: ignore[arg-type]


_STRANGE = [
    None, True, -1, 0, 2**63, 10**400, 1e308, -0.0, "", "x" * 5_000, "\ud800", "<b>\u202e\n", [], {}, [[]], [1, 2, 3],
    {"a": 1}, "running", "nonsense", [None] * 11, ["user", "me", "why", 1.0], 1e999,
]  # fmt: skip


def test_twenty_thousand_bad_frames() -> None:
    """Cut, swapped, spliced, with every value in every place: each is read or refused, nothing else is raised."""
    chance = random.Random(20)
    good = [
        encode({"t": "tasks", "tasks": [picture(1, thread="T", progress=[1, 2, "files", "x"], via=["queued"])]}),
        encode({"t": "moves", "moves": [[1, 0, 5, 10, "", "m", [0.1, 0.2, 0.3], 3, 0.5, "", None]]}),
        encode({"t": "log", "id": 1, "from": 0, "count": 1, "lines": ["a"]}),
        encode({"t": "stack", "id": 1, "at": 1.0, "unmoved_since": 0.5, "frames": [["a.py", 1, "f", True]]}),
    ]
    outcomes = {"read": 0, "refused": 0}
    for number in range(20_000):
        frame = bytearray(chance.choice(good))
        for _ in range(chance.randint(1, 4)):
            kind = chance.randrange(4)
            place = chance.randrange(len(frame)) if frame else 0
            if kind == 0 and frame:
                frame[place] = chance.randrange(256)
            elif kind == 1:
                del frame[place : place + chance.randint(1, 20)]
            elif kind == 2:
                frame[place:place] = chance.randbytes(chance.randint(1, 8))
            else:
                frame[place:place] = chance.choice((b"[", b"{", b'"', b"\\", b"9" * 20, b"null", b"NaN"))
        if number % 2:
            body = frame[4:]  # with a right head, so that what is inside is looked at
            frame[:4] = len(body).to_bytes(4, "big")
        try:
            for message in Connection().feed(bytes(frame)):
                _read(message)
            outcomes["read"] += 1
        except FrameError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 1_000, outcomes


def test_every_strange_value_in_every_field() -> None:
    """A picture is read, with what makes no sense left out, or refused by itself."""
    plain = picture(1, thread="T", kind="thread", progress=[1, 2, "files", "x"], reason=["user", "a", "b", 1.0],
                    stop={"means": "a", "shared_with": ["b"], "offers": ["c"]}, checkpoint=[0.1, 0.2, 0.3],
                    details="a\nb", started_at=1.0, created=1.0, parent_id=1, via=["queued"], error="e")  # fmt: skip
    for name in plain:
        for value in _STRANGE:
            _read({"t": "tasks", "tasks": [{**plain, name: value}]})
    move = [1, 0, 5, 10, "", "m", [0.1, 0.2, 0.3], 3, 0.5, "", None]
    for place in range(len(move)):
        for value in _STRANGE:
            _read({"t": "moves", "moves": [[*move[:place], value, *move[place + 1 :]]]})


def _read(message: dict[str, object]) -> None:
    tasks, moves = message.get("tasks"), message.get("moves")
    for item in tasks if type(tasks) is list else ():
        try:
            shown, _ = from_item(item, _clock, "p", 1)
        except SnapshotError:
            continue
        assert shown.name.isprintable()
        assert len(shown.name) <= 400
        assert shown.details.replace("\n", "").isprintable()
        assert shown.elapsed >= 0
        shown.name.encode()
    for values in moves if type(moves) is list else ():
        try:
            from_move(values, _clock, 100.0)
        except SnapshotError:
            continue
    try:
        from_stack(message, _clock)
    except SnapshotError:
        return


def test_a_stack_comes_over_with_all_that_the_advice_needs() -> None:
    """Also from a program whose taskmon is older and says less, or says nonsense."""
    calls = (
        StackFrame("/home/me/client.py", 88, "fetch", True, "sock.recv"),
        StackFrame("/usr/lib/python3.11/socket.py", 706, "SocketIO.readinto", False, "self._sock.recv_into"),
    )
    sample = StackSample(20.0, calls, 6.0, 0.25, 1.5, True)
    sent = to_stack(sample)

    assert from_stack(decode(encode({**sent, "t": "stack"})[4:]), _clock) == sample
    sent["frames"] = [call[:4] for call in sent["frames"]]  # type: ignore[attr-defined]
    older = from_stack({**sent, "busy": "very"}, _clock)
    assert [call.call for call in older.frames] == ["", ""]
    assert older.busy is None
    assert from_stack({**sent, "busy": 17}, _clock).busy is None
    odd = from_stack({**sent, "load": "much", "one_call": 1}, _clock)
    assert (odd.load, odd.one_call) == (None, None)


def test_no_stack_is_too_long_for_a_frame() -> None:
    """Of one that would be, the innermost calls travel."""
    call = StackFrame("😀" * 3_000, 1, "😀" * 3_000, True, "😀" * 3_000)
    item = to_stack(StackSample(1.0, (call,) * 200, 1.0))
    encode({"t": "stack", **item})
    sample = from_stack(item, _clock)
    assert 1 < len(sample.frames) < 10
    usual = StackSample(1.0, tuple(StackFrame(f"/usr/lib/{n}.py", n, "run", False) for n in range(64)), 1.0)
    assert len(from_stack(to_stack(usual), _clock).frames) == 64


def test_no_picture_is_too_long_for_a_frame() -> None:
    """Whatever the texts are: a change of state must not be left out."""
    long = "😀" * 20_000
    snapshot, _ = from_item(picture(1, name="n"), _clock, "p", 1)
    snapshot = snapshot._replace(
        name=long, group=long, shield=long, error=long, details=long, consequence=long, why_not_cancellable=long,
        progress=Progress(1, 2, long, long), reason=StopReason(StopKind.USER, long, long, 1.0),
        stop_means=StopMeans(long, (long,) * 99, (long,) * 99), origin=Origin(long, 1, long),
    )  # fmt: skip
    frames = encode_many("tasks", "tasks", [to_item(snapshot, [TaskState.RUNNING] * 99)])
    (message,) = Connection().feed(b"".join(frames))
    shown, via = from_item(message["tasks"][0], _clock, "p", 1)
    assert shown.name.startswith("😀😀")
    assert (shown.state, via) == (TaskState.RUNNING, (TaskState.RUNNING,) * 16)


#: What stays at home, and why: see the codec.
_AT_HOME = {"thread_id", "result_path"}
_OTHER_VALUES: dict[str, object] = {
    "state": TaskState.STOPPING,
    "progress": Progress(3, 9, "files", "the third"),
    "reason": StopReason(StopKind.USER, "me", "why", 2.0),
    "checkpoint": CheckpointReading(0.1, 0.2, 0.3),
    "origin": Origin("p", 1, "T", "thread"),
    "stop_means": StopMeans("sets stop", ("another",), ("an offer",), by_tasks=True, ignores=True),
    "facts": ThreadFacts(native_id=7, since=2.0),
    "program": ProgramInfo(("python", "x.py"), "/work", "/usr/bin/python3", "3.12.1", ""),
    "details": "one\ntwo",
}


@pytest.mark.parametrize("name", TaskSnapshot._fields)
def test_every_field_of_a_snapshot_comes_over(name: str) -> None:
    """Told only where it differs from its default, and then as it was."""
    usual = TaskSnapshot(1, "n", TaskState.RUNNING, 1, 9.0, 1.0, origin=Origin("p", 1))
    before = getattr(usual, name)
    kinds: dict[type, object] = {int: 5, float: 3.5, str: "text", bool: not before, type(None): 4}
    value = _OTHER_VALUES[name] if name in _OTHER_VALUES else kinds[type(before)]
    sent = decode(encode({"t": "x", **to_item(usual._replace(**{name: value}))})[4:])

    came, _ = from_item(sent, _clock, "p", 1)

    if name in _AT_HOME:
        assert getattr(came, name) == TaskSnapshot._field_defaults[name]
    else:
        assert getattr(came, name) == value
        assert came._replace(**{name: before}) == usual
    assert len(to_item(usual)) <= 7, "what is usual is not told"
