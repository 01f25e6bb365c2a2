"""The command line, in this process and over an ERP in memory: lines, exit codes, broken files, broken pipes."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading

import pytest

from acumatica_client.errors import ServerFault, SignInRefused, Unreachable
from source_acumatica.run import run
from unit_tests.source.builders import CONFIG, CURSOR, PASSWORD, FakeClient, configured_json, customers, payload


@pytest.fixture
def erp(monkeypatch) -> FakeClient:
    client = FakeClient({"Customer": customers(1203), "ShipVia": [payload("id-1", Code="GROUND")], "Note": []})
    monkeypatch.setattr("source_acumatica.source.AcumaticaClient", client.opened)
    return client


@pytest.fixture
def call(tmp_path):
    """Runs a command with its files written from what is given; text is written as it stands."""

    def called(command: str, out: io.BytesIO | None = None, **files: object) -> tuple[int, list[dict]]:
        line = [command]
        for name, content in files.items():
            path = tmp_path / f"{name}.json"
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
            line += [f"--{name}", str(path)]
        out = out or io.BytesIO()
        code = run(line, out)
        return code, [json.loads(text) for text in out.getvalue().splitlines()]

    return called


def of_type(kind: str, lines: list[dict]) -> list[dict]:
    return [line[kind.lower()] for line in lines if line["type"] == kind]


def results(lines: list[dict]) -> list[dict]:
    """What a command printed beside its log."""
    return [line for line in lines if line["type"] != "LOG"]


def errors(lines: list[dict]) -> list[dict]:
    return [trace["error"] for trace in of_type("TRACE", lines) if "error" in trace]


def test_spec_is_one_line(call):
    code, (line,) = call("spec")
    assert (code, line["type"]) == (0, "SPEC")
    assert line["spec"]["connectionSpecification"]["title"]


def test_spec_does_not_wait_for_the_cdk_or_for_http():
    code = (
        "import io, sys; from source_acumatica.run import run; run(['spec'], io.BytesIO()); "
        "print([name for name in ('airbyte_cdk', 'requests', 'msgspec', 'jsonschema') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_check_prints_one_status(call, erp):
    code, lines = call("check", config=CONFIG)
    assert results(lines) == [{"type": "CONNECTION_STATUS", "connectionStatus": {"status": "SUCCEEDED"}}]
    assert (code, erp.closed) == (0, 1)


@pytest.mark.parametrize("error", [SignInRefused("No."), Unreachable("No answer."), ServerFault("Broken.")])
def test_a_failed_check_is_a_status_and_no_failure_of_the_command(call, erp, error):
    erp.refuse_all = error
    code, lines = call("check", config=CONFIG)
    assert lines == [{"type": "CONNECTION_STATUS", "connectionStatus": {"status": "FAILED", "message": error.message}}]
    assert code == 0


@pytest.mark.parametrize("config", [{}, [], "null", "5", {**CONFIG, "credentials": PASSWORD}, {"credentials": [1]}])
def test_a_configuration_that_breaks_the_specification_fails_the_check_in_one_sentence(call, erp, config):
    code, (line,) = call("check", config=config)
    assert (code, line["connectionStatus"]["status"]) == (0, "FAILED")
    assert line["connectionStatus"]["message"].endswith(".")
    assert PASSWORD not in str(line)


@pytest.mark.parametrize("command", ["check", "discover", "read"])
def test_every_command_logs_where_it_is_signed_in(call, erp, command):
    files = {"catalog": configured_json("ShipVia")} if command == "read" else {}
    _, lines = call(command, config=CONFIG, **files)
    (said,) = [line["message"] for line in of_type("LOG", lines) if "Signed in to" in line["message"]]
    assert said.startswith("source-acumatica ")
    assert "https://erp.example.com: tenant Company" in said
    assert PASSWORD not in json.dumps(lines)


def test_a_tenant_that_acumatica_chose_among_several_is_a_warning(call, erp):
    erp.several = True
    code, lines = call("read", config=CONFIG, catalog=configured_json("ShipVia"))
    (warning,) = [line["message"] for line in of_type("LOG", lines) if line["level"] == "WARN"]
    assert (code, len(of_type("RECORD", lines))) == (0, 1)
    assert "Company is empty, and the instance has several tenants" in warning
    _, lines = call("check", config=CONFIG)
    (status,) = [line["connectionStatus"] for line in results(lines)]
    assert (status["status"], warning in status["message"]) == ("SUCCEEDED", True)


def test_discover_prints_one_catalog(call, erp):
    code, lines = call("discover", config=CONFIG)
    (catalog,) = of_type("CATALOG", lines)
    names = [stream["name"] for stream in catalog["streams"]]
    assert (code, names) == (0, ["Customer", "Customer_Attributes", "ShipVia", "Note"])


def test_discover_reports_a_refusal_as_an_error_without_a_stack_trace(call, erp):
    erp.refuse_all = SignInRefused("The password is wrong.")
    code, lines = call("discover", config=CONFIG)
    (error,) = errors(lines)
    assert (code, error["message"], error["failure_type"]) == (1, "The password is wrong.", "config_error")
    assert "stack_trace" not in error


def test_read_prints_records_then_state_with_their_number(call, erp):
    code, lines = call("read", config=CONFIG, catalog=configured_json("Customer:incremental"))
    assert code == 0
    assert [record["data"]["CustomerID"] for record in of_type("RECORD", lines)] == [f"C{n:04d}" for n in range(1203)]
    assert sum(state["sourceStats"]["recordCount"] for state in of_type("STATE", lines)) == 1203
    statuses = [trace["stream_status"]["status"] for trace in of_type("TRACE", lines)]
    assert statuses == ["STARTED", "RUNNING", "COMPLETE"]
    assert [line["type"] for line in lines][-4:] == ["STATE", "LOG", "TRACE", "LOG"]


def test_read_goes_on_from_the_state_it_printed(call, erp):
    _, lines = call("read", config=CONFIG, catalog=configured_json("Customer:incremental"))
    last = of_type("STATE", lines)[-1]
    erp.tables["Customer"] = customers(3, "2020-01-01T00:00:00+00:00") + customers(1)
    code, lines = call("read", config=CONFIG, catalog=configured_json("Customer:incremental"), state=[last])
    assert (code, len(of_type("RECORD", lines))) == (0, 1)
    assert of_type("STATE", lines)[-1]["stream"]["stream_state"][CURSOR] >= last["stream"]["stream_state"][CURSOR]


def test_read_of_one_bad_stream_finishes_the_others_and_exits_with_one(call, erp):
    code, lines = call("read", config=CONFIG, catalog=configured_json("Gone", "ShipVia"))
    assert (code, len(of_type("RECORD", lines))) == (1, 1)
    assert all("stack_trace" not in error for error in errors(lines))
    assert "no entity Gone" in errors(lines)[-1]["message"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"config": "{", "catalog": configured_json()}, "configuration file"),
        ({"config": CONFIG, "catalog": "not json"}, "catalog file"),
        ({"config": CONFIG, "catalog": {"streams": [{"stream": {}}]}}, "catalog is not valid"),
        ({"config": CONFIG, "catalog": configured_json("Customer", mode="INVALID")}, "catalog is not valid"),
        ({"config": CONFIG, "catalog": []}, "catalog is not valid"),
        ({"config": CONFIG, "catalog": configured_json("Customer"), "state": "{"}, "state file"),
        ({"config": CONFIG, "catalog": configured_json("Customer"), "state": [{"type": "STREAM"}]}, "state is not"),
        (
            {"config": CONFIG, "catalog": configured_json("Customer"), "state": {"Customer": {CURSOR: "x"}}},
            "state is not",
        ),
        ({"config": CONFIG, "catalog": configured_json("Customer"), "state": [5]}, "state is not"),
        ({"config": CONFIG, "catalog": configured_json("Customer"), "state": "7"}, "state is not"),
        ({"config": {}, "catalog": configured_json("Customer")}, "must be filled in"),
    ],
)
def test_a_broken_file_is_reported_in_one_sentence_as_a_configuration_error(call, erp, files, words):
    code, lines = call("read", **files)
    (error,) = errors(lines)
    assert code == 1
    assert words in error["message"]
    assert error["failure_type"] == "config_error"
    assert "stack_trace" not in error
    assert of_type("RECORD", lines) == []


@pytest.mark.parametrize("mode", ["overwrite_dedup", "not_invented_yet"])
def test_what_a_destination_makes_of_the_records_is_none_of_our_business(call, erp, mode):
    """The platform offers a mode that the protocol's models of the CDK do not know."""
    code, lines = call("read", config=CONFIG, catalog=configured_json("ShipVia", destination_sync_mode=mode))
    assert (code, len(of_type("RECORD", lines))) == (0, 1)


def test_a_stream_that_is_configured_in_a_namespace_is_reported_in_it_and_goes_on_from_its_state(call, erp):
    catalog = configured_json("Customer:incremental", "Gone", "ShipVia")
    for entry in catalog["streams"][:2]:
        entry["stream"]["namespace"] = "erp"
    _, lines = call("read", config=CONFIG, catalog=catalog)

    assert {(record["stream"], record.get("namespace")) for record in of_type("RECORD", lines)} == {
        ("Customer", "erp"),
        ("ShipVia", None),
    }
    traces = [trace.get("stream_status") or trace["error"] for trace in of_type("TRACE", lines)]
    named = [one["stream_descriptor"] for one in traces if "stream_descriptor" in one]
    states = of_type("STATE", lines)
    printed = [*named, *(state["stream"]["stream_descriptor"] for state in states)]
    assert {(one["name"], one.get("namespace")) for one in printed} == {
        ("Customer", "erp"),
        ("Gone", "erp"),
        ("ShipVia", None),
    }

    erp.tables["Customer"] = customers(3, "2020-01-01T00:00:00+00:00") + customers(1)
    _, lines = call("read", config=CONFIG, catalog=catalog, state=[state for state in states if "stream" in state])
    assert [record["stream"] for record in of_type("RECORD", lines)].count("Customer") == 1


def test_a_missing_file_is_reported_as_the_result_of_the_command(erp, tmp_path):
    out = io.BytesIO()
    assert run(["check", "--config", str(tmp_path / "none.json")], out) == 0
    assert "none.json cannot be read" in json.loads(out.getvalue())["connectionStatus"]["message"]
    out = io.BytesIO()
    assert run(["discover", "--config", str(tmp_path / "none.json")], out) == 1
    assert "none.json cannot be read" in json.loads(out.getvalue())["trace"]["error"]["message"]


def test_a_file_with_a_byte_order_mark_is_read(call, erp):
    assert call("check", config="\ufeff" + json.dumps(CONFIG))[0] == 0


def test_an_empty_state_is_a_first_sync(call, erp):
    for state in ([], {}, "null"):
        code, _ = call("read", config=CONFIG, catalog=configured_json("ShipVia"), state=state)
        assert code == 0


def test_a_defect_is_reported_by_its_kind_and_place_without_secrets(call, erp, monkeypatch):
    def broken(*_: object) -> object:
        raise KeyError(f"{PASSWORD} not found")

    monkeypatch.setattr(FakeClient, "schema", broken)
    code, lines = call("discover", config=CONFIG)
    (error,) = errors(lines)
    assert (code, error["failure_type"]) == (1, "system_error")
    assert "because of a defect in it" in error["message"]
    assert error["internal_message"].startswith("KeyError\n")
    assert "in broken" in error["internal_message"]
    assert PASSWORD not in json.dumps(lines)


def test_log_lines_are_protocol_lines_without_secrets_and_end_with_the_command(call, erp, monkeypatch):
    handlers = list(logging.getLogger().handlers)

    def says(*_: object) -> None:
        logging.getLogger("acumatica_client").warning("signing in with %s", PASSWORD)

    erp.on_request = says
    code, lines = call("check", config=CONFIG)
    assert code == 0
    assert {"level": "WARN", "message": "signing in with ****"} in of_type("LOG", lines)
    assert PASSWORD not in json.dumps(lines)
    assert logging.getLogger().handlers == handlers


def test_debug_says_more(call, erp, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    out = io.BytesIO()
    assert run(["check", "--debug", "--config", str(tmp_path / "config.json")], out) == 0
    assert logging.getLogger("acumatica_client").level == logging.DEBUG


@pytest.mark.parametrize(
    "arguments", [[], ["fetch"], ["read"], ["check"], ["read", "--config", "x"], ["spec", "--what"]]
)
def test_a_wrong_command_line_exits_with_two(arguments, capsys):
    with pytest.raises(SystemExit) as raised:
        run(arguments, io.BytesIO())
    assert raised.value.code == 2
    assert "usage" in capsys.readouterr().err


class Broken(io.BytesIO):
    """A pipe whose reader is gone after so many writes."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self.left = writes

    def write(self, content: bytes) -> int:
        self.left -= 1
        if self.left < 0:
            raise BrokenPipeError
        return super().write(content)


@pytest.mark.parametrize("writes", [0, 1, 2, 3, 4])
def test_a_broken_pipe_ends_quietly_with_the_sessions_signed_out(call, erp, writes, capfd):
    code, _ = call("read", Broken(writes), config=CONFIG, catalog=configured_json("Customer:incremental"))
    assert (code, erp.closed) == (1, 1)
    assert capfd.readouterr().err == ""


def test_a_log_line_into_a_broken_pipe_does_not_keep_sessions_from_logging_out(call, erp):
    said = []

    def close() -> None:
        logging.getLogger("acumatica_client").warning("A session could not be signed out.")
        said.append("signed out")

    erp.close = close
    call("read", Broken(0), config=CONFIG, catalog=configured_json("Customer"))
    assert said == ["signed out"]


def test_a_signal_ends_the_read_with_its_code_the_sessions_signed_out_and_no_later_state(call, erp):
    erp.tables["Customer"] = customers(1203)

    class Signalled(io.BytesIO):
        def write(self, content: bytes) -> int:
            written = super().write(content)
            if b'"RECORD"' in content:
                os.kill(os.getpid(), signal.SIGTERM)
            return written

    code, lines = call("read", Signalled(), config=CONFIG, catalog=configured_json("Customer:incremental"))
    assert (code, erp.closed) == (143, 1)
    assert len(of_type("RECORD", lines)) == 500
    assert lines[-1]["type"] == "RECORD"
    assert errors(lines) == []


def test_a_signal_during_a_long_request_ends_the_check_and_signs_out(call, erp, monkeypatch):
    gate = threading.Event()

    def slow(*_: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        gate.wait(10)
        raise ServerFault("Too late.")

    monkeypatch.setattr(FakeClient, "schema", slow)
    code, lines = call("check", config=CONFIG)
    gate.set()
    assert (code, results(lines), erp.closed) == (130, [], 1)
