"""Actions: sent once, waited for in their own session, and honest about an unknown result."""

from __future__ import annotations

import json
import threading

import pytest

from acumatica_client import errors
from acumatica_client.api.actions import action_body, run_action
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.query import Request
from unit_tests.client.api.test_client import Stage
from unit_tests.client.fakes import FakeSession, fault

OFFER = Answer(200, body=b'[{"name":"Default","version":"24.200.001","href":"/site/entity/Default/24.200.001/"}]')
STATUS = "/site/entity/Default/24.200.001/SalesOrder/Release/status/0a"
RUNNING = Answer(202, {"location": STATUS})
DONE = Answer(204)
POST = "/entity/Default/24.200.001/SalesOrder/Release"
LOOK = STATUS.removeprefix("/site")


def release(stage: Stage) -> None:
    stage.client.invoke("SalesOrder", "Release", {"OrderNbr": "000123"}, {})


def sent(stage: Stage) -> list[str]:
    """The requests after the first, which asks for the endpoints."""
    return [f"{request.method} {request.path}" for request in stage.sent[1:]]


def test_the_record_and_the_parameters_are_wrapped_and_ids_and_dialogs_are_not() -> None:
    body = action_body({"id": "a-b", "OrderNbr": "000123"}, {"Qty": 5, "custom": {"View": {"Reason": {"value": "x"}}}})

    assert json.loads(body) == {
        "entity": {"id": "a-b", "OrderNbr": {"value": "000123"}},
        "parameters": {"Qty": {"value": 5}, "custom": {"View": {"Reason": {"value": "x"}}}},
    }


def test_an_action_that_is_done_at_once_is_not_asked_about_and_its_location_is_not_followed() -> None:
    stage = Stage(OFFER, Answer(204, {"location": "/site/entity/Default/24.200.001/SalesOrder/nowhere"}))
    release(stage)

    assert sent(stage) == [f"POST {POST}"]
    assert stage.pauses == []


def test_a_long_action_is_asked_about_at_its_location_until_it_is_done() -> None:
    stage = Stage(OFFER, RUNNING, RUNNING, RUNNING, DONE)
    release(stage)

    assert sent(stage) == [f"POST {POST}", f"GET {LOOK}", f"GET {LOOK}", f"GET {LOOK}"]
    assert stage.pauses == [0.25, 0.5, 1.0]


def test_all_looks_go_to_the_session_that_began_the_action_while_others_work_beside_it() -> None:
    """The other thread asks in the middle of the action, and gets another session."""
    stage = Stage(sessions=2)
    used: list[tuple[FakeSession, str]] = []
    looks = [RUNNING, DONE]

    def answer_of(session: FakeSession, request: Request) -> Answer:
        used.append((session, request.method))
        if request.path == "/entity":
            return OFFER
        if request.method == "POST":
            beside = threading.Thread(target=stage.client.send, args=(Request("GET", "/entity/other"),))
            beside.start()
            beside.join(20)
            return RUNNING
        return Answer(200, body=b"[]") if request.path == "/entity/other" else looks.pop(0)

    def new_session() -> FakeSession:
        session = FakeSession(stage.license)
        session.send = lambda request: answer_of(session, request)
        return session

    stage.client._pool._new_session = new_session
    release(stage)

    _, began, beside, *later = used
    assert [session is began[0] for session, _ in later] == [True, True]
    assert beside[0] is not began[0]
    stage.client.close()
    assert stage.license.taken == 0


def test_looks_are_free_of_the_budget_of_requests_a_minute() -> None:
    stage = Stage(OFFER, RUNNING, RUNNING, RUNNING, DONE, requests_per_minute=2)
    release(stage)

    assert stage.backing_off == []


def test_an_operation_that_failed_is_reported_in_the_words_of_acumatica() -> None:
    stage = Stage(OFFER, RUNNING, fault("Error: The document is out of balance."))
    with pytest.raises(errors.ServerFault, match="out of balance"):
        release(stage)


def test_a_refused_action_is_reported_and_not_repeated() -> None:
    stage = Stage(OFFER, fault("Error: The Release button is disabled.", status=422))
    with pytest.raises(errors.Rejected, match="disabled"):
        release(stage)

    assert len(sent(stage)) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(404),
        Answer(401),
        Answer(200),
        Answer(302, {"location": "/site/Frames/Login.aspx"}),
    ],
    ids=lambda answer: str(answer.status),
)
def test_an_unknown_result_is_reported_as_such_and_the_action_is_not_sent_again(trouble: Answer) -> None:
    stage = Stage(OFFER, RUNNING, trouble)
    with pytest.raises(errors.Unfinished, match="its result is unknown"):
        release(stage)

    assert [line for line in sent(stage) if line.startswith("POST")] == [f"POST {POST}"]


@pytest.mark.parametrize(
    "trouble", [Answer(503), errors.Unreachable("reset", sent=True), Answer(429)], ids=["503", "reset", "429"]
)
def test_a_look_that_got_no_answer_is_taken_again(trouble: Answer | Exception) -> None:
    stage = Stage(OFFER, RUNNING, trouble, DONE)
    release(stage)

    assert len(sent(stage)) == 3


def test_looks_that_get_no_answer_at_all_leave_the_end_unknown() -> None:
    stage = Stage(OFFER, RUNNING, *[Answer(503)] * 3, retry=Backoff(attempts=3))
    with pytest.raises(errors.Unfinished):
        release(stage)


@pytest.mark.parametrize("trouble", [Answer(503), errors.Unreachable("reset", sent=True)], ids=["503", "reset"])
def test_an_action_without_an_answer_is_not_sent_again(trouble: Answer | Exception) -> None:
    stage = Stage(OFFER, trouble)
    with pytest.raises((errors.Overloaded, errors.Unreachable)):
        release(stage)

    assert len(sent(stage)) == 1


@pytest.mark.parametrize(
    "trouble", [Answer(401), Answer(429), fault("x", status=409)], ids=["lost", "declined", "busy"]
)
def test_an_action_that_was_certainly_not_begun_is_sent_again(trouble: Answer) -> None:
    stage = Stage(OFFER, trouble, DONE)
    release(stage)

    assert sent(stage) == [f"POST {POST}", f"POST {POST}"]
    stage.client.close()
    assert stage.license.taken == 0


def test_the_wait_has_an_end() -> None:
    waits: list[float] = []
    answers = [RUNNING]

    def send(request: Request) -> Answer:
        return answers[0]

    with pytest.raises(errors.Unfinished, match="still running after 30 seconds"):
        run_action(
            Request("POST", POST, repeatable=False),
            send,
            below=lambda href: href,
            pause=waits.append,
            wait=Backoff(attempts=None, first=0.25, longest=10.0, jitter=0.0, elapsed=30.0),
        )
    assert 30.0 <= sum(waits) < 45.0
    assert max(waits) == 10.0


def test_a_long_operation_without_a_place_to_ask_is_unfinished() -> None:
    stage = Stage(OFFER, Answer(202))
    with pytest.raises(errors.Unfinished, match="where the state"):
        release(stage)


@pytest.mark.parametrize(
    "location", ["https://elsewhere.example.com/entity/x", "status/0a", "/site/other/place", "/site/entity\x00/x"]
)
def test_a_location_that_does_not_lead_into_the_api_of_the_instance_is_not_followed(location: str) -> None:
    stage = Stage(OFFER, Answer(202, {"location": location}))
    with pytest.raises(errors.Unfinished, match="link"):
        release(stage)

    assert len(sent(stage)) == 1
