"""The face of the wire: repeats what is safe, replaces a session that died, and gives every seat back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

import pytest
import requests

from acumatica_client import errors
from acumatica_client.api.client import AcumaticaClient, ConnectionSettings
from acumatica_client.auth.sign_in import CookieSignIn
from acumatica_client.auth.tenant_check import TENANT_PAGE, WrongTenant
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.query import Query, Request
from acumatica_client.session.pool import PoolClosed
from acumatica_client.transport.instance_address import InstanceAddress
from unit_tests.client.fakes import FakeSession, License, Script, Wire, envelope, fault, page, raw, redirect

DATE = "Mon, 23 Nov 2026 06:00:00 GMT"
LIST = Request("GET", "/entity/Default/24.200.001/Customer")
INSERT = Request("PUT", "/entity/Default/24.200.001/Bill", body=b"{}", repeatable=False)
ROWS = Answer(200, {"content-type": "application/json"}, b"[]")
SIGNED_IN = raw(204, b"", {}, "ASP.NET_SessionId=abc; path=/")
OFFER = json.dumps(
    {
        "version": {"acumaticaBuildVersion": "25.093.0036"},
        "endpoints": [{"name": "Default", "version": "24.200.001", "href": "/site/entity/Default/24.200.001/"}],
    }
).encode()


NO_MARKER = page(404)


class Stage:
    """A client with a license behind it that plays the given answers, and keeps what was sent and slept."""

    def __init__(
        self, *answers: Answer | BaseException, sessions: int = 1, login: Script | None = None, **more
    ) -> None:
        self.license, self.sent, self.pauses = License(99), [], []
        self._answers, self._login = list(answers), login or Script(None)
        self.tenant_page = more.pop("tenant_page", NO_MARKER)
        self.now, self.backing_off = 0.0, []
        settings = ConnectionSettings(
            InstanceAddress("https://erp.example.com/site"),
            CookieSignIn("admin", "123", more.pop("company", "")),
            sessions=sessions,
            **more,
        )
        self.client = AcumaticaClient(
            settings,
            sleep=self.pauses.append,
            jitter=lambda: 0.0,
            new_session=self._new_session,
            clock=lambda: self.now,
            on_backing_off=self.backing_off.append,
        )

    def _new_session(self) -> FakeSession:
        return FakeSession(self.license, self._login, self._answer)

    def _answer(self, request: Request) -> Answer:
        if request.path == TENANT_PAGE.path:
            return self.tenant_page
        self.sent.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def paths(self) -> list[str]:
        return [request.path for request in self.sent]


def swagger_answer(build: Callable[..., bytes]) -> Answer:
    return Answer(200, {}, build({"Customer": {"CustomerID": "String"}}))


# Seats


def test_building_a_client_does_nothing_and_closing_an_unused_one_neither() -> None:
    stage = Stage()
    with stage.client:
        pass

    assert (stage.license.logins, stage.sent) == (0, [])


def test_the_seat_is_given_back_at_the_end_of_the_work() -> None:
    stage = Stage(ROWS, ROWS)
    with stage.client as client:
        client.send(LIST)
        client.send(LIST)
        assert stage.license.taken == 1
    stage.client.close()

    assert (stage.license.logins, stage.license.taken) == (1, 0)


def test_the_seat_is_given_back_when_the_work_fails() -> None:
    stage = Stage(fault("Boom"))
    with pytest.raises(errors.ServerFault), stage.client as client:
        client.send(LIST)

    assert stage.license.taken == 0


def test_after_closing_nothing_is_sent() -> None:
    stage = Stage()
    stage.client.close()
    with pytest.raises(PoolClosed):
        stage.client.send(LIST)

    assert stage.sent == []


# Repetition


def test_a_pause_of_the_callers_own_ends_with_the_client() -> None:
    stage = Stage()
    stage.client.pause(20.0)
    assert stage.pauses == [20.0]
    stage.client.close()
    with pytest.raises(PoolClosed):
        stage.client.pause(60.0)


def test_passing_trouble_is_repeated_with_growing_pauses() -> None:
    stage = Stage(Answer(503), page(500), errors.Unreachable("reset", sent=True), fault("x", status=409), ROWS)

    assert stage.client.send(LIST) is ROWS
    assert stage.pauses == [1.0, 2.0, 4.0, 8.0]


def test_the_last_trouble_is_raised_when_the_attempts_are_used_up() -> None:
    stage = Stage(Answer(503), Answer(502), Answer(504), retry=Backoff(attempts=3))
    with pytest.raises(errors.Overloaded, match="504"):
        stage.client.send(LIST)

    assert len(stage.sent) == 3


def test_the_server_is_waited_for_as_long_as_it_asks() -> None:
    stage = Stage(Answer(429, {"retry-after": "42"}), ROWS)
    stage.client.send(INSERT)

    assert stage.pauses == [42.0]


@pytest.mark.parametrize(
    "trouble",
    [Answer(503), Answer(504), page(500), page(200), errors.Unreachable("reset", sent=True), Answer(200)],
    ids=lambda trouble: str(getattr(trouble, "status", "reset")),
)
def test_an_insert_that_may_have_been_acted_on_is_sent_once(trouble: Answer | Exception) -> None:
    stage = Stage(trouble)
    with pytest.raises(errors.AcumaticaError):
        stage.client.send(INSERT)

    assert (len(stage.sent), stage.pauses) == (1, [])


@pytest.mark.parametrize(
    "trouble",
    [Answer(429), Answer(401), fault("x", status=409), errors.Unreachable("refused", sent=False)],
    ids=lambda trouble: str(getattr(trouble, "status", "refused")),
)
def test_an_insert_that_was_certainly_not_acted_on_is_sent_again(trouble: Answer | Exception) -> None:
    stage = Stage(trouble, ROWS)
    stage.client.send(INSERT)

    assert len(stage.sent) == 2


@pytest.mark.parametrize(
    "answer",
    [Answer(429), Answer(401), fault("x", status=409), errors.Unreachable("refused", sent=False)],
    ids=lambda answer: str(getattr(answer, "status", "refused")),
)
def test_a_request_that_is_sent_once_is_not_sent_again_whatever_the_answer_says(answer: Answer | Exception) -> None:
    """A server may have saved the record before it said so; only who sent it can look."""
    stage = Stage(answer)
    with pytest.raises(errors.AcumaticaError) as caught:
        stage.client.send(replace(INSERT, once=True))

    assert (len(stage.sent), stage.pauses, caught.value.went_out) == (1, [], True)


def test_trouble_at_the_sign_in_is_no_reason_not_to_send_a_request_at_all() -> None:
    stage = Stage(ROWS, login=Script(errors.Unreachable("refused", sent=False), None))
    stage.client.send(replace(INSERT, once=True))

    assert (len(stage.sent), len(stage.pauses)) == (1, 1)


def test_a_list_answered_with_nothing_is_an_error_at_once_and_never_no_rows() -> None:
    stage = Stage(Answer(200, {}, OFFER), Answer(200, {"content-type": "application/json"}))
    with pytest.raises(errors.EmptyAnswer):
        stage.client.fetch_list("Customer", Query())

    assert stage.pauses == []


# Sign-in trouble


def test_a_wrong_password_is_tried_once_however_often_the_client_is_asked() -> None:
    wrong = Script(errors.SignInRefused("wrong"))
    stage = Stage(login=wrong)
    for _ in range(5):
        with pytest.raises(errors.SignInRefused):
            stage.client.send(LIST)

    assert (wrong.calls, stage.pauses) == (1, [])


@pytest.mark.parametrize("request_", [LIST, INSERT], ids=["list", "insert"])
@pytest.mark.parametrize(
    "trouble", [errors.Unreachable("down", sent=False), errors.Overloaded("503", declined=True)], ids=["down", "503"]
)
def test_a_site_that_is_not_up_at_the_sign_in_is_tried_again_for_reads_and_writes(
    request_: Request, trouble: Exception
) -> None:
    stage = Stage(ROWS, login=Script(trouble, trouble, None))
    stage.client.send(request_)

    assert (len(stage.sent), stage.license.taken) == (1, 1)


def test_the_login_limit_is_waited_for_once_and_not_once_more_for_every_attempt() -> None:
    full = Script(errors.LoginLimit("full"))
    stage = Stage(login=full, login_wait=30.0)
    with pytest.raises(errors.LoginLimit):
        stage.client.send(LIST)

    assert (sum(stage.pauses), full.calls) == (30.0, 4)


def test_a_connection_test_does_not_wait_for_a_seat() -> None:
    stage = Stage(login=Script(errors.LoginLimit("full")))
    stage.client = AcumaticaClient(
        stage.client._settings.impatient(), sleep=stage.pauses.append, new_session=stage._new_session
    )
    with pytest.raises(errors.LoginLimit):
        stage.client.send(LIST)

    assert stage.pauses == []


# A session that died


@pytest.mark.parametrize(
    "death", [Answer(401), redirect("/site/Frames/Login.aspx"), page(200, "<form action='Login.aspx'>")]
)
@pytest.mark.parametrize("request_", [LIST, INSERT], ids=["list", "insert"])
def test_a_session_that_died_is_replaced_and_the_request_repeated(request_: Request, death: Answer) -> None:
    stage = Stage(ROWS, death, ROWS)
    stage.client.send(LIST)

    assert stage.client.send(request_) is ROWS
    assert (stage.license.logins, stage.license.taken, stage.license.most) == (2, 1, 1)


def test_all_idle_sessions_dead_at_once_cost_one_repetition_and_not_one_each() -> None:
    stage = Stage(Answer(401), ROWS, sessions=4)
    pool = stage.client._pool
    with pool.borrow(), pool.borrow(), pool.borrow(), pool.borrow():
        assert stage.license.taken == 4
    stage.client.send(LIST)

    assert (len(stage.sent), stage.license.taken) == (2, 1)


def test_a_server_that_never_accepts_its_own_sessions_is_given_up_and_keeps_no_seat() -> None:
    stage = Stage(*[Answer(401)] * 3, retry=Backoff(attempts=3))
    with pytest.raises(errors.SessionLost):
        stage.client.send(LIST)

    assert (stage.license.logins, stage.license.taken, stage.license.most) == (3, 0, 1)


def test_a_password_changed_during_the_sync_is_tried_once_more_and_then_never() -> None:
    changed = Script(None, errors.SignInRefused("wrong"))
    stage = Stage(Answer(401), login=changed)
    for _ in range(3):
        with pytest.raises(errors.SignInRefused):
            stage.client.send(LIST)

    assert (changed.calls, stage.license.taken) == (2, 0)


def test_a_session_that_was_signed_out_by_the_closing_is_not_signed_in_again() -> None:
    def closing() -> Answer:
        stage.client.close()
        return Answer(401)

    stage = Stage()
    stage._answer = lambda request: closing()
    with pytest.raises(PoolClosed):
        stage.client.send(LIST)

    assert (stage.license.logins, stage.license.taken) == (1, 0)


# What is asked for


def test_the_endpoint_and_the_schema_are_asked_for_once(swagger: Callable[..., bytes]) -> None:
    stage = Stage(Answer(200, {}, OFFER), swagger_answer(swagger), company="My Store")
    for _ in range(2):
        assert stage.client.entity("Customer").name == "Customer"

    assert stage.paths() == ["/entity", "/entity/Default/24.200.001/swagger.json"]
    assert stage.sent[1].params == {"company": "My Store"}


def test_an_entity_that_the_endpoint_lacks_is_a_setting_to_mend(swagger: Callable[..., bytes]) -> None:
    stage = Stage(Answer(200, {}, OFFER), swagger_answer(swagger))
    with pytest.raises(errors.SettingsError, match=r"Default 24\.200\.001 has no entity Custmer"):
        stage.client.entity("Custmer")


def test_a_query_is_written_in_the_dialect_of_the_endpoint() -> None:
    newer = OFFER.replace(b"24.200.001", b"26.200.001")
    query = Query(expand=("MainContact", "MainContact/Address"), top=5, archived=True)
    stage = Stage(Answer(200, {}, newer), ROWS)
    stage.client.fetch_list("Customer", query)

    options = {"$expand": "MainContact($expand=Address)", "$top": "5"}
    assert stage.sent[1] == Request("GET", "/entity/Default/26.200.001/Customer", options, {"PX-ApiArchive": "SHOW"})


def test_the_dialect_of_an_own_endpoint_comes_from_its_swagger_document(swagger: Callable[..., bytes]) -> None:
    own = OFFER.replace(b"Default", b"Shop")
    document = swagger({"Customer": {"CustomerID": "String"}}, title="Shop/24.200.001", contract="5")
    stage = Stage(Answer(200, {}, own), Answer(200, {}, document), endpoint_name="Shop")

    assert stage.client.dialect.contract == 5


def test_the_length_of_an_address_is_known_before_it_is_sent() -> None:
    stage = Stage(Answer(200, {}, OFFER))
    short = stage.client.url_length("Customer", Query())

    assert short == len("https://erp.example.com/site/entity/Default/24.200.001/Customer")
    assert stage.client.url_length("Customer", Query(filter="A eq 'ä'")) == short + len("?$filter=A%20eq%20'%C3%A4'")
    assert len(stage.sent) == 1


def test_custom_fields_are_asked_for_by_one_request(swagger: Callable[..., bytes]) -> None:
    skeleton = b'{"custom":{"CurrentCustomer":{"UsrTier":{"type":"CustomIntField","value":null}}}}'
    stage = Stage(Answer(200, {}, OFFER), swagger_answer(swagger), Answer(200, {}, skeleton))

    assert [field.column for field in stage.client.custom_fields("Customer")] == ["custom_CurrentCustomer_UsrTier"]
    assert stage.paths()[2:] == ["/entity/Default/24.200.001/Customer/$adHocSchema"]


def test_an_inquiry_is_a_put_that_may_be_repeated(swagger: Callable[..., bytes]) -> None:
    entities = {"StockInquiry": {"Item": "String", "Results": "[]Row"}, "Row": {"Qty": "Decimal"}}
    document = swagger(entities, tags={"StockInquiry": "Stock (GI000001)"})
    answers = (Answer(200, {}, OFFER), Answer(200, {}, document))
    stage = Stage(*answers, Answer(503), ROWS, ROWS)
    stage.client.run_inquiry("StockInquiry", {"Item": "A"})
    stage.client.run_inquiry("StockInquiry", {}, Query(expand=("files",)))

    path, wrapped = "/entity/Default/24.200.001/StockInquiry", b'{"Item":{"value":"A"}}'
    assert stage.sent[3:] == [
        Request("PUT", path, {"$expand": "Results"}, {}, wrapped),
        Request("PUT", path, {"$expand": "files"}, {}, b"{}"),
    ]


def test_an_inquiry_that_is_none_sends_nothing(swagger: Callable[..., bytes]) -> None:
    stage = Stage(Answer(200, {}, OFFER), swagger_answer(swagger))
    with pytest.raises(errors.SettingsError, match="Customer is no inquiry"):
        stage.client.run_inquiry("Customer", {"CustomerID": "A"})

    assert [request.method for request in stage.sent] == ["GET", "GET"]


def test_lists_records_and_writes_go_to_their_addresses() -> None:
    stage = Stage(Answer(200, {}, OFFER), ROWS, ROWS, ROWS, ROWS, Answer(204))
    stage.client.fetch_list("Customer", Query(top=5))
    stage.client.fetch_one("Bill", ["Bill", "000 1"], Query(expand=("Details",)))
    stage.client.put("Bill", b"{}", Query(), headers={"If-None-Match": "*"}, repeatable=False)
    stage.client.patch("Bill", b"{}")
    stage.client.delete("Bill", ["Bill", "000 1"])

    assert stage.sent[1:] == [
        Request("GET", "/entity/Default/24.200.001/Customer", {"$top": "5"}),
        Request("GET", "/entity/Default/24.200.001/Bill/Bill/000%201", {"$expand": "Details"}),
        Request("PUT", "/entity/Default/24.200.001/Bill", {}, {"If-None-Match": "*"}, b"{}", repeatable=False),
        Request("PATCH", "/entity/Default/24.200.001/Bill", body=b"{}"),
        Request("DELETE", "/entity/Default/24.200.001/Bill/Bill/000%201"),
    ]


def test_the_servers_clock_is_that_of_its_latest_answer_with_a_date_be_it_an_error() -> None:
    stage = Stage(Answer(500, {"date": DATE}, envelope("Boom")), ROWS)
    assert stage.client.server_date() is None
    with pytest.raises(errors.ServerFault):
        stage.client.send(LIST)
    stage.client.send(LIST)

    assert stage.client.server_date() == datetime(2026, 11, 23, 6, tzinfo=timezone.utc)


def test_the_log_names_the_request_and_no_value_of_it(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(Answer(503), ROWS)
    stage.client.send(Request("GET", "/entity/X", {"$filter": "Email eq 'a@example.com'"}))

    assert "GET /entity/X" in caplog.text
    assert "example.com" not in caplog.text


def test_the_log_names_the_entity_of_a_record_and_not_its_key(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(page(503), ROWS)
    stage.client.send(Request("GET", "/entity/Default/24.200.001/User/jane.doe%40example.com"))

    assert "GET /entity/Default/24.200.001/User" in caplog.text
    assert "jane" not in caplog.text


# With real sessions on a wire without sockets


def test_a_whole_conversation_signs_in_asks_and_signs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire().play(SIGNED_IN, raw(200, b"[]", {"Date": DATE}), raw(204))
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: wire)
    settings = ConnectionSettings(InstanceAddress("https://erp.example.com/site"), CookieSignIn("admin", "123"))
    with AcumaticaClient(settings) as client:
        assert client.send(Request("GET", "/entity")).body == b"[]"

    assert wire.paths() == ["/entity/auth/login", "/entity", "/entity/auth/logout"]
    assert wire.sent[2].cookies == {"ASP.NET_SessionId": "abc"}


def test_a_lost_session_is_signed_out_by_its_own_cookie_before_the_next_takes_a_seat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    again = raw(204, b"", {}, "ASP.NET_SessionId=new; path=/")
    wire = Wire().play(SIGNED_IN, raw(401), raw(401), again, raw(200, b"[]"), raw(204))
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: wire)
    settings = ConnectionSettings(InstanceAddress("https://erp.example.com/site"), CookieSignIn("admin", "123"))
    with AcumaticaClient(settings, sleep=lambda _: None) as client:
        client.send(INSERT)

    assert [(one.path.rpartition("/")[2], one.cookies.get("ASP.NET_SessionId")) for one in wire.sent] == [
        ("login", None),
        ("Bill", "abc"),
        ("logout", "abc"),
        ("login", None),
        ("Bill", "new"),
        ("logout", "new"),
    ]


# The company, and what travels with every request


def page_of(company: str) -> Answer:
    return page(200, f'<form><input name="ctl00$txtSingleCompany" type="hidden" value="{company}"></form>')


def test_a_session_in_the_right_company_is_used() -> None:
    stage = Stage(Answer(200, {}, OFFER), company="My Store", tenant_page=page_of("my store"))

    assert stage.client.endpoint.name == "Default"


def test_a_session_in_another_company_sends_nothing_and_gives_its_seat_back() -> None:
    stage = Stage(Answer(200, {}, OFFER), company="My Store", tenant_page=page_of("Other"))
    with pytest.raises(WrongTenant, match="'Other' instead of 'My Store'"):
        _ = stage.client.endpoint

    assert (stage.sent, stage.license.taken) == ([], 0)


def test_a_company_that_cannot_be_verified_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    stage = Stage(errors.SessionLost("gone"), Answer(200, {}, OFFER), company="My Store")
    assert stage.client.endpoint.name == "Default"

    assert stage.license.logins == 2
    assert [record.message for record in caplog.records if "does not show" in record.message] == [
        "This build of Acumatica does not show whether the sign-in reached the company My Store."
    ]


def test_without_a_company_nothing_is_asked() -> None:
    stage = Stage(Answer(200, {}, OFFER), tenant_page=page_of("Other"))

    assert stage.client.endpoint.name == "Default"


def test_the_business_date_goes_with_every_request() -> None:
    stage = Stage(Answer(200, {}, OFFER), ROWS, business_date="2026-11-30")
    stage.client.fetch_list("Customer", Query())

    assert [request.headers["PX-CbApiBusinessDate"] for request in stage.sent] == ["2026-11-30", "2026-11-30"]


# The pace


def test_a_budget_spreads_requests_over_minutes() -> None:
    stage = Stage(Answer(200, {}, OFFER), ROWS, ROWS, requests_per_minute=2)
    stage.client.fetch_list("Customer", Query())
    stage.now = 20.0
    stage.client.fetch_list("Customer", Query())

    assert stage.pauses == [40.0]
    assert stage.backing_off == [40.0]


def test_backing_off_from_an_overloaded_server_is_reported() -> None:
    overloaded = Answer(429, {"retry-after": "7"}, b"too many")
    stage = Stage(Answer(200, {}, OFFER), overloaded, ROWS)
    stage.client.fetch_list("Customer", Query())

    assert (stage.pauses, stage.backing_off) == ([7.0], [7.0])


def test_a_broken_connection_is_no_backing_off() -> None:
    stage = Stage(Answer(200, {}, OFFER), errors.Unreachable("broke", sent=True), ROWS)
    stage.client.fetch_list("Customer", Query())

    assert stage.backing_off == []


def test_a_bad_value_costs_no_answer_and_is_logged_once_for_each_entity(caplog: pytest.LogCaptureFixture) -> None:
    bad = Answer(200, {}, b'{"id":"1","Name":{"value":"\\ud83d","Rate":NaN}}')
    stage = Stage(Answer(200, {}, OFFER), bad, bad, Answer(200, {}, b"[" + bad.body + b"]"))

    found = [stage.client.put("Customer", b"{}", repeatable=True), stage.client.fetch_one("Customer", ["1"], Query())]
    found.append(stage.client.fetch_list("Vendor", Query())[1:-1])

    assert found == [b'{"id":"1","Name":{"value":"\\ufffd","Rate":null}}'] * 3
    logged = [record.message for record in caplog.records if "not valid JSON" in record.message]
    assert [message.split(":")[0] for message in logged] == [
        "PUT /entity/Default/24.200.001/Customer",
        "GET /entity/Default/24.200.001/Vendor",
    ]
