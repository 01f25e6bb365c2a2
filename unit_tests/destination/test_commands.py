"""The command line against an ERP in memory: what the platform sees on stdout, and the exit code."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from acumatica_client import errors
from destination_acumatica import DestinationAcumatica
from destination_acumatica.run import run
from unit_tests.destination.builders import (
    CONFIG,
    CUSTOMERS,
    ORDERS,
    Call,
    Erp,
    Result,
    catalog,
    endpoint_schema,
    global_state,
    record,
    run_check,
    run_write,
    state,
    stream,
)

PASSWORD = "p4ssword-hidden"


def refusing(call: Call) -> None:
    error = errors.Rejected("no", status=422)
    error.errors = (errors.FieldError("Details[0].InventoryID", "'X' cannot be found in the system."),)
    raise error


# --- spec


def test_spec_is_one_line_and_nothing_else() -> None:
    out = io.BytesIO()
    assert run(["spec"], stdin=io.BytesIO(), stdout=out) == 0
    (line,) = out.getvalue().splitlines()
    message = json.loads(line)
    assert (message["type"], message["spec"]["supported_destination_sync_modes"]) == (
        "SPEC",
        ["append", "append_dedup"],
    )


@pytest.mark.parametrize("argv", [[], ["discover"], ["check"], ["write", "--config", "x"]])
def test_wrong_arguments_are_explained_on_stderr(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    out = io.BytesIO()
    with pytest.raises(SystemExit) as caught:
        run(argv, stdin=io.BytesIO(), stdout=out)
    assert (caught.value.code, out.getvalue()) == (2, b"")
    assert "usage: destination-acumatica" in capsys.readouterr().err


# --- check


def test_a_connection_that_works_succeeds_and_writes_nothing(tmp_path: Path) -> None:
    erp = Erp()
    result = run_check(tmp_path, erp=erp)
    assert result.code == 0
    assert result.of("CONNECTION_STATUS") == [{"status": "SUCCEEDED"}]
    assert (erp.calls, erp.closed) == ([], 1)


@pytest.mark.parametrize(
    "error",
    [
        errors.SignInRefused("The user name or the password is wrong.", advice="Check both."),
        errors.UnknownEndpoint("The instance has no endpoint Nope.", advice="It offers Default 24.200.001."),
        errors.LoginLimit("Every API session is taken.", advice="Free one."),
        errors.Unreachable("The instance does not answer.", advice="Check the address."),
        errors.Unexpected("The address answered with a web page."),
    ],
)
def test_a_connection_that_does_not_work_is_one_sentence_and_exit_0(
    tmp_path: Path, error: errors.AcumaticaError
) -> None:
    erp = Erp(schema_error=error)
    result = run_check(tmp_path, erp=erp)
    assert result.code == 0
    assert result.of("CONNECTION_STATUS") == [{"status": "FAILED", "message": error.sentence()}]
    assert (len(result.lines), erp.closed) == (1, 1)


@pytest.mark.parametrize("command", [run_check, run_write])
def test_every_run_logs_where_it_is_signed_in(tmp_path: Path, command: Callable[..., Result]) -> None:
    arguments = ([], CUSTOMERS) if command is run_write else ()
    said = command(tmp_path, *arguments, erp=Erp()).logs("INFO")[0]
    assert said.startswith("destination-acumatica ")
    assert "Signed in to https://erp.example.com: tenant Company" in said


def test_nothing_is_written_to_a_tenant_that_acumatica_chose_among_several(tmp_path: Path) -> None:
    erp = Erp(several=True)
    result = run_write(tmp_path, [record("Customer", CustomerID="A"), state("Customer", 1)], CUSTOMERS, erp=erp)
    assert (result.code, result.state_ids, erp.calls) == (1, [], [])
    assert result.error["failure_type"] == "config_error"
    assert "Company is empty, and the instance has several tenants" in str(result.error["message"])
    (status,) = run_check(tmp_path, erp=erp).of("CONNECTION_STATUS")
    assert status == {"status": "FAILED", "message": result.error["message"]}


def test_every_mapped_entity_is_checked(tmp_path: Path) -> None:
    streams = [
        {"stream": "a", "entity": "Customers"},
        {"stream": "b", "entity": "InventorySummaryInquiry"},
        {"stream": "c", "entity": "Customer", "fields": [{"from": "x", "to": "CustomerTitle"}]},
        {
            "stream": "d",
            "entity": "Customer",
            "fields": [{"from": "x", "to": "MainContact"}, {"from": "y", "to": "CustomerName"}],
        },
    ]
    (status,) = run_check(tmp_path, erp=Erp(), streams=streams).of("CONNECTION_STATUS")
    said = str(status["message"])
    assert "stream a: the endpoint Default 24.200.001 has no entity Customers (did you mean Customer?)" in said
    assert "stream b: InventorySummaryInquiry is an inquiry" in said
    assert "stream c: it has no member CustomerTitle" in said
    assert "stream d" not in said


@pytest.mark.parametrize(
    "config",
    [{"company": "x"}, [1], {**CONFIG, "concurrency_level": 99}, {**CONFIG, "instance_uri": "not a host name!"}],
)
def test_a_configuration_that_breaks_the_spec_fails_the_check(tmp_path: Path, config: object) -> None:
    result = run_check(tmp_path, erp=Erp(), config=config)
    assert result.code == 0
    (status,) = result.of("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    assert PASSWORD not in result.raw.decode()


@pytest.mark.parametrize("content", [None, "{", "\xff"])
def test_a_configuration_file_that_cannot_be_read_fails_the_check(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content, encoding="latin-1")
    out = io.BytesIO()
    assert run(["check", "--config", str(path)], stdin=io.BytesIO(), stdout=out) == 0
    assert b'"FAILED"' in out.getvalue()


def test_a_secret_that_comes_back_in_an_error_is_masked(tmp_path: Path) -> None:
    erp = Erp(schema_error=errors.ServerFault(f"Login of admin/{PASSWORD} failed"))
    result = run_check(tmp_path, erp=erp)
    assert PASSWORD not in result.raw.decode()
    assert "****" in result.raw.decode()


# --- write


def test_records_are_written_and_states_come_back_with_their_id_and_counts(tmp_path: Path) -> None:
    erp = Erp()
    lines = [
        record("Customer", CustomerID="C1", CustomerName="One"),
        state("Customer", 11),
        b'{"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1,"stream_status":{"status":"COMPLETE","stream_descriptor":{"name":"Customer"}}}}\n',
        record("SalesOrder", OrderType="SO", CustomerID="C1"),
        record("SalesOrder", OrderType="SO", CustomerID="C1"),
        global_state(12),
    ]
    result = run_write(tmp_path, lines, CUSTOMERS, ORDERS, erp=erp)
    assert result.code == 0
    assert (result.state_ids, result.counts) == ([11, 12], [(1, 0), (2, 0)])
    assert erp.saved("SalesOrder", "OrderNbr") == ["000001", "000002"]
    assert "Stream SalesOrder: 2 created." in result.logs("INFO")
    assert result.of("TRACE") == []
    assert erp.closed == 1


def test_what_is_going_to_happen_is_logged_first(tmp_path: Path) -> None:
    result = run_write(tmp_path, [], CUSTOMERS, {**ORDERS, "generation_id": 2, "minimum_generation_id": 2}, erp=Erp())
    assert result.logs("INFO")[1:3] == [
        "Stream Customer is written to the entity Customer: updates or inserts by CustomerID.",
        "Stream SalesOrder is written to the entity SalesOrder: inserts only.",
    ]
    assert [words for words in result.logs("WARN") if "never deletes" in words]


def test_nothing_is_written_when_one_stream_cannot_be(tmp_path: Path) -> None:
    erp = Erp()
    lines = [record("Customer", CustomerID="C1"), state("Customer", 1)]
    result = run_write(tmp_path, lines, CUSTOMERS, stream("SalesOrder", "overwrite"), erp=erp)
    assert (result.code, result.of("STATE"), erp.calls) == (1, [], [])
    assert result.error["failure_type"] == "config_error"
    assert "the sync mode overwrite would delete what is in the ERP" in str(result.error["message"])
    assert erp.closed == 1


def test_a_rejected_record_fails_the_sync_with_acumaticas_words(tmp_path: Path) -> None:
    erp = Erp(before=refusing)
    line = record("SalesOrder", OrderType="SO", ExternalRef="W-1", CustomerID="secretive")
    result = run_write(tmp_path, [line], ORDERS, erp=erp)
    assert result.code == 1
    assert result.error["failure_type"] == "config_error"
    assert result.error["stream_descriptor"] == {"name": "SalesOrder"}
    assert "Details[0].InventoryID: 'X' cannot be found in the system." in str(result.error["message"])
    assert result.error.get("stack_trace") is None
    assert b"secretive" not in result.raw
    assert erp.closed == 1


def test_rejected_records_can_be_skipped(tmp_path: Path) -> None:
    erp = Erp(before=refusing)
    lines = [record("SalesOrder", OrderType="SO"), state("SalesOrder", 1)]
    result = run_write(tmp_path, lines, ORDERS, erp=erp, on_record_error="skip")
    assert (result.code, result.counts) == (0, [(0, 1)])
    assert any("'X' cannot be found" in words for words in result.logs("WARN"))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.Unreachable("The instance does not answer.", sent=False), "transient_error"),
        (errors.LoginLimit("Every API session is taken."), "transient_error"),
        (errors.AccessDenied("No rights."), "config_error"),
        (errors.SignInRefused("Wrong password."), "config_error"),
        (errors.Unexpected("A page."), "transient_error"),
    ],
)
def test_an_error_while_writing_keeps_its_failure_type(tmp_path: Path, error: errors.AcumaticaError, kind: str) -> None:
    def fail(call: Call) -> None:
        raise error

    result = run_write(
        tmp_path, [record("Customer", CustomerID="C1"), state("Customer", 1)], CUSTOMERS, erp=Erp(before=fail)
    )
    assert (result.code, result.of("STATE")) == (1, [])
    assert result.error["failure_type"] == kind
    assert str(result.error["message"]).startswith(f"Stream Customer: {error.message}")


def test_an_error_before_writing_is_reported_too(tmp_path: Path) -> None:
    erp = Erp(schema_error=errors.SignInRefused("Wrong password.", advice="Enter it again."))
    result = run_write(tmp_path, [record("Customer", CustomerID="C1")], CUSTOMERS, erp=erp)
    assert (result.code, result.error["message"]) == (1, "Wrong password. Enter it again.")
    assert (erp.calls, erp.closed) == ([], 1)


def test_a_broken_line_fails_the_sync_after_the_states_before_it(tmp_path: Path) -> None:
    lines = [record("Customer", CustomerID="C1"), state("Customer", 1), b'{"type":"RECORD","record":{"str\n']
    result = run_write(tmp_path, lines, CUSTOMERS, erp=Erp())
    assert (result.code, result.state_ids) == (1, [1])
    assert result.error["failure_type"] == "system_error"
    assert "Line 3 of the input is broken" in str(result.error["message"])


def test_a_defect_is_reported_by_kind_and_place_without_the_data_it_stumbled_over(tmp_path: Path) -> None:
    def stumble(call: Call) -> None:
        raise KeyError(str(call.body))

    lines = [record("Customer", CustomerID="C1", CustomerName="IBAN DE00 1234")]
    result = run_write(tmp_path, lines, CUSTOMERS, erp=Erp(before=stumble))
    assert result.code == 1
    assert (result.error["failure_type"], result.error.get("stack_trace")) == ("system_error", None)
    assert str(result.error["internal_message"]).startswith("KeyError\n")
    assert b"IBAN" not in result.raw


@pytest.mark.parametrize("config", [{"company": "x"}, [1], {**CONFIG, "on_record_error": "maybe"}])
def test_a_configuration_that_breaks_the_spec_fails_the_sync(tmp_path: Path, config: object) -> None:
    result = run_write(tmp_path, [record("Customer", CustomerID="C1")], CUSTOMERS, erp=Erp(), config=config)
    assert (result.code, result.error["failure_type"]) == (1, "config_error")


def test_a_missing_catalog_fails_the_sync(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    out = io.BytesIO()
    argv = ["write", "--config", str(tmp_path / "config.json"), "--catalog", str(tmp_path / "none.json")]
    assert run(argv, stdin=io.BytesIO(), stdout=out, open_endpoint=lambda settings: Erp()) == 1
    assert b"The catalog file" in out.getvalue()


def test_every_state_is_flushed_before_the_next_record_is_waited_for(tmp_path: Path) -> None:
    """The platform reads a pipe: a state in our buffer is a state that it does not have."""

    class Pipe(io.BytesIO):
        flushed = 0

        def flush(self) -> None:
            Pipe.flushed = len(self.getvalue())

    out = Pipe()
    gate = threading.Event()

    class Slow(io.BytesIO):
        def __next__(self) -> bytes:
            line = super().__next__()
            if b"C2" in line:
                gate.wait(5)
            return line

    def watch(call: Call) -> None:
        if call.body["CustomerID"] == {"value": "C2"}:
            assert b'"id":1' in out.getvalue()[: Pipe.flushed]

    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "catalog.json").write_bytes(catalog(CUSTOMERS))
    argv = ["write", "--config", str(tmp_path / "config.json"), "--catalog", str(tmp_path / "catalog.json")]
    lines = Slow(record("Customer", CustomerID="C1") + state("Customer", 1) + record("Customer", CustomerID="C2"))

    opened = Erp(before=watch)
    found: list[int] = []
    thread = threading.Thread(
        target=lambda: found.append(run(argv, stdin=lines, stdout=out, open_endpoint=lambda s: opened))
    )
    thread.start()
    while b'"id":1' not in out.getvalue()[: Pipe.flushed] and thread.is_alive():
        os.sched_yield()
    gate.set()
    thread.join(10)
    assert found == [0]


def test_an_output_without_a_reader_ends_quietly_and_logs_out(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def write(self, data: object) -> int:
            raise BrokenPipeError

    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    (tmp_path / "catalog.json").write_bytes(catalog(CUSTOMERS))
    erp = Erp()
    argv = ["write", "--config", str(tmp_path / "config.json"), "--catalog", str(tmp_path / "catalog.json")]
    lines = io.BytesIO(record("Customer", CustomerID="C1") + state("Customer", 1))
    assert run(argv, stdin=lines, stdout=Broken(), open_endpoint=lambda settings: erp) == 1
    assert erp.closed == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_sync_signs_out_and_gives_no_unsafe_state(tmp_path: Path, number: int, code: int) -> None:
    gate = threading.Event()

    def interrupt(call: Call) -> None:
        if call.body["CustomerID"] == {"value": "C2"}:
            os.kill(os.getpid(), number)
            gate.wait(10)

    erp = Erp(before=interrupt)
    lines = [line for n in (1, 2, 3) for line in (record("Customer", CustomerID=f"C{n}"), state("Customer", n))]
    result = run_write(tmp_path, lines, CUSTOMERS, erp=erp)
    gate.set()
    assert (result.code, result.of("TRACE"), erp.closed) == (code, [], 1)
    assert result.state_ids in ([], [1])


def test_a_signal_while_signing_in_ends_the_check(tmp_path: Path) -> None:
    gate = threading.Event()

    class Slow(Erp):
        def schema(self) -> object:
            os.kill(os.getpid(), signal.SIGTERM)
            gate.wait(10)
            return endpoint_schema()

    erp = Slow()
    result = run_check(tmp_path, erp=erp)
    gate.set()
    assert (result.code, result.of("CONNECTION_STATUS"), erp.closed) == (143, [], 1)


def test_the_log_goes_back_to_where_it_went_before(tmp_path: Path) -> None:
    before = logging.getLogger().handlers
    run_check(tmp_path, erp=Erp())
    assert logging.getLogger().handlers == before


def test_log_lines_of_workers_never_tear_a_state(tmp_path: Path) -> None:
    def chatter(call: Call) -> None:
        for number in range(20):
            logging.getLogger("acumatica_client").warning("Trying again in %s s (%s).", number, "x" * 200)

    lines = [line for n in range(30) for line in (record("Customer", CustomerID=f"C{n}"), state("Customer", n))]
    result = run_write(tmp_path, lines, CUSTOMERS, erp=Erp(before=chatter), concurrency_level=8)
    assert result.state_ids == list(range(30))
    assert len(result.messages) == len(result.lines)


# --- the class that the CDK's tools use


def test_the_class_checks_and_writes_with_the_same_code() -> None:
    from airbyte_cdk.models import (
        AirbyteMessageSerializer,
        ConfiguredAirbyteCatalogSerializer,
        Status,
    )

    erp = Erp()
    destination = DestinationAcumatica(lambda settings: erp)
    assert destination.check(logging.getLogger(), CONFIG).status is Status.SUCCEEDED
    configured = ConfiguredAirbyteCatalogSerializer.load(json.loads(catalog(CUSTOMERS)))
    lines = (record("Customer", CustomerID="C1"), state("Customer", 5))
    messages = [AirbyteMessageSerializer.load(json.loads(line)) for line in lines]
    (given,) = destination.write(CONFIG, configured, messages)
    assert given.state is not None
    assert given.state.destinationStats is not None
    assert given.state.destinationStats.recordCount == 1
    assert (erp.saved("Customer", "CustomerID"), erp.closed) == (["C1"], 2)


def test_the_class_reports_errors_in_the_cdks_way() -> None:
    from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer, FailureType, Status
    from airbyte_cdk.utils.traced_exception import AirbyteTracedException

    destination = DestinationAcumatica(lambda settings: Erp(schema_error=errors.SignInRefused("Wrong password.")))
    status = destination.check(logging.getLogger(), CONFIG)
    assert (status.status, status.message) == (Status.FAILED, "Wrong password.")
    configured = ConfiguredAirbyteCatalogSerializer.load(json.loads(catalog(CUSTOMERS)))
    with pytest.raises(AirbyteTracedException, match="Wrong password") as caught:
        list(destination.write(CONFIG, configured, []))
    assert caught.value.failure_type is FailureType.config_error


def test_the_class_reports_a_rejected_record_in_the_cdks_way() -> None:
    from airbyte_cdk.models import AirbyteMessageSerializer, ConfiguredAirbyteCatalogSerializer
    from airbyte_cdk.utils.traced_exception import AirbyteTracedException

    destination = DestinationAcumatica(lambda settings: Erp(before=refusing))
    configured = ConfiguredAirbyteCatalogSerializer.load(json.loads(catalog(CUSTOMERS)))
    message = AirbyteMessageSerializer.load(json.loads(record("Customer", CustomerID="C1")))
    with pytest.raises(AirbyteTracedException, match="Stream Customer: Rejected"):
        list(destination.write(CONFIG, configured, [message]))


def test_the_class_has_its_spec_and_its_command_line(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert DestinationAcumatica().spec(logging.getLogger()).supportsIncremental is True


def test_the_package_has_one_name_and_no_other() -> None:
    import destination_acumatica

    with pytest.raises(AttributeError, match="Nothing"):
        _ = destination_acumatica.Nothing
