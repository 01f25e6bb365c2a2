"""What became of each stream: statuses in order, failures told once, and summed up."""

from __future__ import annotations

import logging

import pytest
from airbyte_cdk.models import AirbyteMessage, AirbyteStreamStatus, FailureType, StreamDescriptor
from airbyte_cdk.utils.airbyte_secrets_utils import update_secrets
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message as status_message
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from acumatica_client.errors import AccessDenied, AcumaticaError, Overloaded, ServerFault, SettingsError
from source_acumatica.cdk.messages import record_page
from source_acumatica.cdk.rate_limit_status import rate_limited
from source_acumatica.cdk.stream_status import StreamOutcomes
from source_acumatica.errors import ToldError, traced
from source_acumatica.sync.progress import Tally
from source_acumatica.sync.state import state_message
from unit_tests.source.builders import PASSWORD, told

PAGE = record_page("Customer", (b'{"id":"1"}',))


@pytest.fixture
def secrets():
    update_secrets([PASSWORD])
    yield
    update_secrets([])


def failure(error: AcumaticaError, stream: str = "Customer") -> AirbyteMessage:
    """As the core tells it."""
    return traced(error, stream).as_airbyte_message(stream_descriptor=StreamDescriptor(name=stream))


def defect(text: str) -> AirbyteMessage:
    try:
        raise KeyError(text)
    except KeyError as error:
        wrapped = AirbyteTracedException.from_exception(
            error, stream_descriptor=StreamDescriptor(name="Customer"), message="An unexpected error"
        )
        return wrapped.as_airbyte_message()


def watched(*messages: AirbyteMessage, ends_with: Exception | None = None) -> tuple[list, StreamOutcomes]:
    def core():
        yield from messages
        if ends_with:
            raise ends_with

    outcomes = StreamOutcomes()
    return [told(message) for message in outcomes.watch(core())], outcomes


def test_a_stream_runs_once_before_its_first_page():
    seen, _ = watched(PAGE, PAGE, record_page("ShipVia", (b'{"id":"2"}',)))
    assert [kind for kind, _ in seen] == ["RUNNING", "PAGE", "PAGE", "RUNNING", "PAGE"]


def test_states_and_statuses_pass_untouched():
    seen, outcomes = watched(state_message("Customer", {"a": 1}), PAGE)
    assert seen[0] == ("STATE", {"a": 1})
    outcomes.raise_failures()


def test_a_failure_is_told_once_however_many_windows_fail_alike():
    denied = AccessDenied("You have no rights.", advice="Ask for them.")
    seen, outcomes = watched(failure(denied), failure(denied), failure(denied))
    assert seen == [("ERROR", "Customer: You have no rights. Ask for them.")]
    with pytest.raises(ToldError, match="1 of the streams"):
        outcomes.raise_failures()


def test_different_failures_of_one_stream_are_all_told():
    seen, outcomes = watched(failure(AccessDenied("No rights.")), failure(ServerFault("Broken.")))
    assert len(seen) == 2
    with pytest.raises(ToldError, match="1 of the streams"):
        outcomes.raise_failures()


def test_a_refusal_shows_no_stack_trace_whatever_its_kind():
    for error in (AccessDenied("No rights."), ServerFault("Broken."), Overloaded("Busy.")):
        message = failure(error)
        assert message.trace.error.stack_trace is None


def test_a_defect_keeps_its_stack_trace_without_secrets(secrets):
    (message,) = StreamOutcomes().watch([defect(f"no {PASSWORD}")])
    assert "KeyError" in message.trace.error.stack_trace
    assert PASSWORD not in str(message.trace.error)


def test_a_refusal_that_quotes_a_secret_is_masked(secrets):
    (message,) = StreamOutcomes().watch([failure(ServerFault(f"Bad {PASSWORD}", detail=PASSWORD))])
    assert PASSWORD not in str(message)


def test_the_summary_of_the_core_gives_way_to_our_own():
    summary = AirbyteTracedException(message="Concurrent read failure", failure_type=FailureType.config_error)
    _, outcomes = watched(failure(Overloaded("Busy.")), ends_with=summary)
    with pytest.raises(ToldError) as raised:
        outcomes.raise_failures()
    assert raised.value.failure_type == FailureType.transient_error
    assert "Customer: Busy." in str(raised.value.message)
    assert raised.value.as_airbyte_message().trace.error.stack_trace is None


def test_a_summary_of_the_core_without_a_failed_stream_is_not_swallowed():
    with pytest.raises(AirbyteTracedException, match="stuck"):
        watched(PAGE, ends_with=AirbyteTracedException(message="stuck"))


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([Overloaded("a"), Overloaded("b")], FailureType.transient_error),
        ([Overloaded("a"), AccessDenied("b")], FailureType.config_error),
        ([ServerFault("a"), AccessDenied("b"), Overloaded("c")], FailureType.system_error),
    ],
)
def test_the_kind_of_the_whole_is_that_of_its_gravest_part(errors, kind):
    _, outcomes = watched(*(failure(error, f"S{number}") for number, error in enumerate(errors)))
    with pytest.raises(ToldError) as raised:
        outcomes.raise_failures()
    assert raised.value.failure_type == kind
    assert f"{len(errors)} of the streams" in str(raised.value.message)


def test_a_stream_that_cannot_start_has_its_statuses_with_the_error_between():
    outcomes = StreamOutcomes()
    seen = [told(message) for message in outcomes.refused({"Gone": SettingsError("The endpoint has no entity Gone.")})]
    assert seen == [
        ("STARTED", "Gone"),
        ("ERROR", "Gone: The endpoint has no entity Gone."),
        ("INCOMPLETE", "Gone"),
    ]
    with pytest.raises(ToldError) as raised:
        outcomes.raise_failures()
    assert raised.value.failure_type == FailureType.config_error


class TestStreamsThatAreFetchedTogether:
    @staticmethod
    def outcomes() -> StreamOutcomes:
        return StreamOutcomes([Tally(["Order", "Order_Details", "Order_Taxes"], clock=lambda: 0.0)])

    @pytest.mark.parametrize("status", list(AirbyteStreamStatus))
    def test_share_their_statuses(self, status):
        core = [status_message(StreamDescriptor(name="Order"), status)]
        seen = [told(message) for message in self.outcomes().watch(core)]
        assert seen == [(status.value, name) for name in ("Order", "Order_Details", "Order_Taxes")]

    def test_wait_together_when_the_server_is_busy(self):
        seen = list(self.outcomes().watch([rate_limited("Order")]))
        reasons = [message.trace.stream_status.reasons[0].type.value for message in seen]
        assert reasons == ["RATE_LIMITED"] * 3

    def test_run_each_from_its_own_first_page(self):
        core = [record_page("Order_Details", (b"{}",)), record_page("Order", (b"{}",))]
        seen = [told(message) for message in self.outcomes().watch(core)]
        assert seen == [("RUNNING", "Order_Details"), ("PAGE", [{}]), ("RUNNING", "Order"), ("PAGE", [{}])]

    def test_fail_together_and_are_counted(self):
        outcomes = self.outcomes()
        core = [failure(AccessDenied("No rights."), "Order")]
        assert [told(message) for message in outcomes.watch(core)] == [("ERROR", "Order: No rights.")]
        with pytest.raises(ToldError, match="3 of the streams"):
            outcomes.raise_failures()

    @pytest.mark.parametrize("status", [AirbyteStreamStatus.COMPLETE, AirbyteStreamStatus.INCOMPLETE])
    def test_tell_at_their_end_what_they_took(self, status, caplog):
        with caplog.at_level(logging.INFO):
            list(self.outcomes().watch([status_message(StreamDescriptor(name="Order"), status)]))
        assert caplog.messages == ["Read 0 of Order, 0 of Order_Details, 0 of Order_Taxes: 0 requests, 0 s"]

    def test_leave_others_alone(self):
        core = [status_message(StreamDescriptor(name="Order_Details"), AirbyteStreamStatus.COMPLETE)]
        assert len(list(self.outcomes().watch(core))) == 1


def test_when_nothing_failed_nothing_is_raised():
    StreamOutcomes().raise_failures()
