"""What is asked of a task is a value, the same for all who ask and all who are asked."""

from __future__ import annotations

import pytest

from taskmon import TaskContext, TaskRunner, TaskState
from taskmon.core.stop import StopKind
from taskmon.core.task.request import Request, Verb, to_stop
from taskmon.link.wire.codec import from_request, to_request
from tests.helpers.gates import PATIENCE, Gate


@pytest.mark.parametrize(
    "request_",
    [
        to_stop("enough", by="me", kind=StopKind.USER),
        to_stop("enough", by="me", verb=Verb.AFTER_ITEM),
        Request(Verb.DETACH),
        Request(Verb.PAUSE),
        Request(Verb.RESUME),
        to_stop(by="user", kind=StopKind.USER, verb=Verb.OFFER, offer=3),
    ],
    ids=lambda request: request.verb.name,
)
def test_a_request_travels(request_: Request) -> None:
    arrived = from_request(to_request(request_))

    assert arrived is not None
    assert (arrived.verb, arrived.offer) == (request_.verb, request_.offer)
    assert (arrived.reason is None) is (request_.reason is None)
    if request_.reason is not None:
        assert arrived.why[:3] == request_.why[:3]


def test_every_verb_travels() -> None:
    assert [from_request(to_request(Request(verb))).verb for verb in Verb] == list(Verb)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "message",
    [{"t": "kill"}, {"t": "offer"}, {"t": "offer", "offer": "0"}, {"t": []}, {"t": "Cancel"}, {"t": None}],
)
def test_what_makes_no_sense_is_no_request(message: dict[str, object]) -> None:
    assert from_request(message) is None


@pytest.mark.parametrize("kind", ["shutdown", "deadline", "parent", 5, None, []])
def test_a_kind_that_only_the_program_itself_may_claim_is_another_programs(kind: object) -> None:
    request = from_request({"t": "cancel", "kind": kind})

    assert request is not None
    assert request.why.kind is StopKind.REMOTE


def test_each_verb_asked_of_a_task() -> None:
    """As the methods of the same names do."""
    gate = Gate()

    def work(ctx: TaskContext) -> None:
        ctx.item_done()
        gate.pass_through()
        ctx.sleep(PATIENCE)

    with TaskRunner(1) as runner, gate:
        task = runner.start(work)
        gate.await_arrival()
        assert not task.ask(Request(Verb.RESUME))
        assert not task.ask(Request(Verb.DETACH))
        assert not task.ask(Request(Verb.OFFER))
        assert task.ask(Request(Verb.PAUSE))
        assert not task.ask(Request(Verb.PAUSE))
        assert task.ask(Request(Verb.RESUME))
        assert task.ask(to_stop(verb=Verb.AFTER_ITEM))
        assert not task.ask(to_stop(verb=Verb.AFTER_ITEM))
        assert task.ask(Request(Verb.CANCEL))
        assert not task.ask(Request(Verb.CANCEL))
        assert task.ask(Request(Verb.DETACH))
        gate.open()
        assert task.wait_ended(PATIENCE)

    assert task.state is TaskState.CANCELLED
    assert task.snapshot().reason is not None
