"""Where every new session is lost at its first request, the sign-ins end, whatever wants to go on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from acumatica_client import errors
from acumatica_client.api.client import AcumaticaClient, ConnectionSettings
from acumatica_client.auth.sign_in import CookieSignIn
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.query import Request
from acumatica_client.transport.instance_address import InstanceAddress
from unit_tests.client.fakes import FakeSession, License, in_thread, page, redirect

OFFER = Answer(200, {}, b'{"endpoints":[{"name":"Default","version":"24.200.001"}]}')
ROWS = Answer(200, {}, b"[]")
LIST = Request("GET", "/entity/Default/24.200.001/Customer")
LOST = {
    "a redirect to the sign-in page": redirect("/site/Frames/Login.aspx?ReturnUrl=x"),
    "the sign-in page": page(200, "<form action='Login.aspx'>"),
    "401": Answer(401),
}


class Site:
    """Accepts every sign-in, and answers as `answer` says."""

    def __init__(self, answer: Callable[[Request], Answer], sessions: int = 4) -> None:
        self.license = License(99)
        settings = ConnectionSettings(
            InstanceAddress("https://erp.example.com/site"), CookieSignIn("a", "b"), sessions=sessions
        )
        self.client = AcumaticaClient(
            settings,
            sleep=lambda seconds: None,
            jitter=lambda: 0.0,
            new_session=lambda: FakeSession(self.license, answer=answer),
        )


def data_is_lost(answer: Answer) -> Callable[[Request], Answer]:
    return lambda request: OFFER if request.path == "/entity" else answer


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
def test_one_stream_signs_in_a_handful_of_times(answer: Answer) -> None:
    site = Site(data_is_lost(answer))
    assert site.client.endpoint.version == "24.200.001"

    with pytest.raises(errors.SignInRefused, match="shows its sign-in page instead of data") as raised:
        site.client.send(LIST)

    assert raised.value.failure_type == "config"
    assert "load balancer" in raised.value.advice
    assert site.license.logins <= 6
    assert site.license.taken == 0


@pytest.mark.parametrize("workers", [4, 16])
def test_many_workers_and_streams_sign_in_hardly_more_often(workers: int) -> None:
    site = Site(data_is_lost(redirect("/site/Frames/Login.aspx")), sessions=4)

    def stream() -> None:
        for _ in range(20):
            with pytest.raises((errors.SignInRefused, errors.SessionLost)):
                site.client.send(LIST)

    for finished in [in_thread(stream) for _ in range(workers)]:
        finished()

    assert site.license.logins <= 4 + 6
    assert site.license.taken == 0


def test_in_one_session_it_ends_as_well() -> None:
    site = Site(data_is_lost(Answer(401)))

    for _ in range(20):
        with pytest.raises((errors.SignInRefused, errors.SessionLost)):
            site.client.in_one_session(lambda: site.client.send(LIST))

    assert site.license.logins <= 6


def test_sessions_that_are_lost_after_their_first_answer_are_replaced_as_often_as_needed() -> None:
    answers = [ROWS, Answer(401)] * 30
    site = Site(lambda request: answers.pop(0), sessions=1)

    for _ in range(30):
        assert site.client.send(LIST).body == b"[]"

    assert site.license.logins == 30


def test_one_answer_is_enough_to_begin_again() -> None:
    answers = [*[Answer(401)] * 4, ROWS, *[Answer(401)] * 5, ROWS]
    site = Site(lambda request: answers.pop(0), sessions=1)

    assert site.client.send(LIST).body == b"[]"
    assert site.client.send(LIST).body == b"[]"


def test_sessions_that_lose_their_seat_are_not_counted() -> None:
    answers: list[Answer | errors.AcumaticaError] = [*[errors.SeatLost("no seat")] * 6, ROWS]

    def answer(request: Request) -> Answer:
        found = answers.pop(0)
        if isinstance(found, errors.AcumaticaError):
            raise found
        return found

    assert Site(answer, sessions=1).client.send(LIST).body == b"[]"
