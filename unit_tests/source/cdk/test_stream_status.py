"""What workers report as the platform's messages: statuses in order, failures once, and summed up."""

from __future__ import annotations

import logging

import pytest
from airbyte_cdk.models import AirbyteMessage, FailureType
from airbyte_cdk.utils.airbyte_secrets_utils import update_secrets

from acumatica_client.errors import AccessDenied, Overloaded, ServerFault, SettingsError
from connector_runtime.errors import ConnectorError
from source_acumatica.cdk.stream_status import StreamMessages
from source_acumatica.sync.message_queue import Checkpoint, Ended, Failed, Message, Page, RateLimited, Started
from unit_tests.source.builders import PASSWORD, outline

PAGE = Page("Customer", (b'{"id":"1"}',))


@pytest.fixture
def secrets():
    update_secrets([PASSWORD])
    yield
    update_secrets([])


def failed(error: Exception, *streams: str) -> Failed:
    return Failed(streams or ("Customer",), error)


def defect(text: str) -> KeyError:
    try:
        raise KeyError(text)
    except KeyError as error:
        return error


def sent(*reported: Message, messages: StreamMessages | None = None) -> list[AirbyteMessage]:
    one = messages or StreamMessages()
    return [message for report in reported for message in one.of(report)]


def in_short(*reported: Message, messages: StreamMessages | None = None) -> list[tuple[str, object]]:
    return [outline(message) for message in sent(*reported, messages=messages)]


def test_a_stream_runs_once_before_its_first_page():
    seen = in_short(PAGE, PAGE, Page("ShipVia", (b'{"id":"2"}',)))
    assert [kind for kind, _ in seen] == ["RUNNING", "PAGE", "PAGE", "RUNNING", "PAGE"]


def test_a_state_names_its_stream():
    (message,) = sent(Checkpoint("Customer", {"a": 1}))
    assert (outline(message), message.state.stream.stream_descriptor.name) == (("STATE", {"a": 1}), "Customer")


def test_a_failure_is_sent_once_however_many_windows_fail_alike():
    denied, messages = AccessDenied("You have no rights.", advice="Ask for them."), StreamMessages()
    seen = in_short(failed(denied), failed(denied), failed(denied), messages=messages)
    assert seen == [("ERROR", "Customer: You have no rights. Ask for them.")]
    with pytest.raises(ConnectorError, match="1 of the streams"):
        messages.raise_failures()


def test_different_failures_of_one_stream_are_all_sent():
    messages = StreamMessages()
    assert len(sent(failed(AccessDenied("No rights.")), failed(ServerFault("Broken.")), messages=messages)) == 2
    with pytest.raises(ConnectorError, match="1 of the streams"):
        messages.raise_failures()


def test_a_refusal_shows_no_stack_trace_whatever_its_kind():
    for error in (AccessDenied("No rights."), ServerFault("Broken."), Overloaded("Busy.")):
        (message,) = sent(failed(error))
        assert message.trace.error.stack_trace is None


def test_a_defect_is_reported_by_its_kind_and_place_without_secrets(secrets):
    (message,) = sent(failed(defect(f"no {PASSWORD}")))
    assert "KeyError" in message.trace.error.internal_message
    assert message.trace.error.stream_descriptor.name == "Customer"
    assert PASSWORD not in str(message.trace.error)
    assert message.trace.error.failure_type == FailureType.system_error


def test_a_refusal_that_quotes_a_secret_is_masked(secrets):
    (message,) = sent(failed(ServerFault(f"Bad {PASSWORD}", detail=PASSWORD)))
    assert PASSWORD not in str(message)


def test_the_summary_names_what_happened_without_a_stack_trace():
    messages = StreamMessages()
    sent(failed(Overloaded("Busy.")), messages=messages)
    with pytest.raises(ConnectorError) as raised:
        messages.raise_failures()
    assert raised.value.failure_type == FailureType.transient_error
    assert "Customer: Busy." in str(raised.value.message)
    assert raised.value.as_airbyte_message().trace.error.stack_trace is None


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([Overloaded("a"), Overloaded("b")], FailureType.transient_error),
        ([Overloaded("a"), AccessDenied("b")], FailureType.config_error),
        ([ServerFault("a"), AccessDenied("b"), Overloaded("c")], FailureType.system_error),
    ],
)
def test_the_kind_of_the_whole_is_that_of_its_gravest_part(errors, kind):
    messages = StreamMessages()
    sent(*(failed(error, f"S{number}") for number, error in enumerate(errors)), messages=messages)
    with pytest.raises(ConnectorError) as raised:
        messages.raise_failures()
    assert raised.value.failure_type == kind
    assert f"{len(errors)} of the streams" in str(raised.value.message)


def test_a_stream_that_cannot_start_has_its_statuses_with_the_error_between():
    outcomes = StreamMessages()
    seen = [
        outline(message) for message in outcomes.refused({"Gone": SettingsError("The endpoint has no entity Gone.")})
    ]
    assert seen == [
        ("STARTED", "Gone"),
        ("ERROR", "Gone: The endpoint has no entity Gone."),
        ("INCOMPLETE", "Gone"),
    ]
    with pytest.raises(ConnectorError) as raised:
        outcomes.raise_failures()
    assert raised.value.failure_type == FailureType.config_error


class TestStreamsThatAreFetchedTogether:
    ALL = ("Order", "Order_Details", "Order_Taxes")

    @pytest.mark.parametrize(
        ("report", "status"),
        [
            (Started(ALL), "STARTED"),
            (Ended(ALL, complete=True, summary=""), "COMPLETE"),
            (Ended(ALL, complete=False, summary=""), "INCOMPLETE"),
        ],
    )
    def test_share_their_statuses(self, report, status):
        assert in_short(report) == [(status, name) for name in self.ALL]

    def test_wait_together_when_the_server_is_busy(self):
        seen = [message.trace.stream_status for message in sent(RateLimited(self.ALL))]
        assert [status.stream_descriptor.name for status in seen] == list(self.ALL)
        assert {(status.status.value, status.reasons[0].type.value) for status in seen} == {("RUNNING", "RATE_LIMITED")}

    def test_run_each_from_its_own_first_page(self):
        seen = in_short(Page("Order_Details", (b"{}",)), Page("Order", (b"{}",)))
        assert seen == [("RUNNING", "Order_Details"), ("PAGE", [{}]), ("RUNNING", "Order"), ("PAGE", [{}])]

    def test_fail_together_and_are_counted(self):
        messages = StreamMessages()
        seen = in_short(failed(AccessDenied("No rights."), *self.ALL), messages=messages)
        assert seen == [("ERROR", "Order: No rights.")]
        with pytest.raises(ConnectorError, match="3 of the streams"):
            messages.raise_failures()

    def test_say_in_the_log_what_they_took_before_their_last_status(self, caplog):
        with caplog.at_level(logging.INFO):
            next(StreamMessages().of(Ended(self.ALL, complete=True, summary="Read 5 of Order")))
        assert caplog.messages == ["Read 5 of Order"]


def test_every_message_names_the_namespace_of_its_stream():
    messages = StreamMessages({"Customer": "erp"})
    reports = (Started(("Customer",)), PAGE, Checkpoint("Customer", {}), failed(ServerFault("Broken.")),
               Ended(("Customer",), complete=False, summary=""))  # fmt: skip
    started, running, page, state, error, ended = sent(*reports, messages=messages)
    assert page.namespace == "erp"
    statuses = [message.trace.stream_status for message in (started, running, ended)]
    described = [status.stream_descriptor for status in statuses]
    described += [state.state.stream.stream_descriptor, error.trace.error.stream_descriptor]
    assert [(one.name, one.namespace) for one in described] == [("Customer", "erp")] * 5


def test_when_nothing_failed_nothing_is_raised():
    StreamMessages().raise_failures()
