"""An error of the client becomes one sentence for the platform; a defect shows its place and no data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from airbyte_cdk.models import FailureType, StreamDescriptor
from airbyte_cdk.utils.airbyte_secrets_utils import update_secrets

from acumatica_client.errors import AcumaticaError, LoginLimit, ServerFault, SignInRefused
from connector_runtime.errors import ConnectorError, defect, traced

PASSWORD = "p4ssword-hidden"


@pytest.fixture(autouse=True)
def secret() -> Iterator[None]:
    update_secrets([PASSWORD])
    yield
    update_secrets([])


def shown(error: ConnectorError):
    trace = error.as_airbyte_message().trace
    assert trace is not None
    assert trace.error is not None
    return trace.error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (SignInRefused("No."), FailureType.config_error),
        (LoginLimit("No."), FailureType.transient_error),
        (ServerFault("No."), FailureType.system_error),
    ],
)
def test_the_kind_of_the_failure_is_kept(error: AcumaticaError, kind: FailureType) -> None:
    assert traced(error).failure_type is kind


def test_the_sentence_names_the_stream_and_says_what_to_do() -> None:
    error = SignInRefused("The password is wrong.", advice="Check it.", detail="401")
    message = shown(traced(error, StreamDescriptor(name="Customer", namespace="erp"), label="Stream erp.Customer"))
    assert message.message == "Stream erp.Customer: The password is wrong. Check it."
    assert message.internal_message == "401"
    assert message.stream_descriptor == StreamDescriptor(name="Customer", namespace="erp")
    assert message.stack_trace is None


def test_an_error_without_a_detail_names_its_kind() -> None:
    assert shown(traced(LoginLimit("No seat."))).internal_message == "LoginLimit"


def test_secrets_are_masked() -> None:
    message = shown(traced(ServerFault(f"Bad {PASSWORD}", detail=PASSWORD)))
    assert (message.message, message.internal_message) == ("Bad ****", "****")


def test_a_defect_shows_its_kind_and_place_without_the_data_in_its_text() -> None:
    try:
        raise KeyError("IBAN DE00 1234")
    except KeyError as error:
        message = shown(defect(error))
    assert message.failure_type is FailureType.system_error
    assert message.internal_message.startswith("KeyError\n")
    assert "test_errors.py" in message.internal_message
    assert "IBAN DE00 1234" not in message.message + (message.stack_trace or "")
