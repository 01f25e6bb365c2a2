"""The command line of any connector: arguments, exit codes, what is loaded when."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from acumatica_client.errors import SettingsError
from connector_runtime.command_line import Connector, Invocation, run
from connector_runtime.commands import read_config, reporting_failures


def connector(operation: Callable[[Invocation], None], folder: Path) -> Connector:
    spec = folder / "spec.json"
    password = {"type": "string", "airbyte_secret": True}
    spec.write_text(json.dumps({"connectionSpecification": {"properties": {"password": password}}}))
    return Connector(
        name="some-connector",
        description="A connector",
        spec=spec,
        files={"sync": {"config": True, "state": False}},
        load=lambda: {"sync": reporting_failures(operation)},
    )


def call(operation: Callable[[Invocation], None], folder: Path, *more: str) -> tuple[int, list[dict]]:
    (folder / "config.json").write_text('{"password": "p4ssword-hidden"}')
    out = io.BytesIO()
    arguments = ["sync", "--config", str(folder / "config.json"), *more]
    code = run(connector(operation, folder), arguments, stdin=[b"line\n"], stdout=out)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def failing(error: BaseException) -> Callable[[Invocation], None]:
    def operation(_: Invocation) -> None:
        raise error

    return operation


def test_an_operation_gets_its_files_and_its_input(tmp_path: Path) -> None:
    seen: list[object] = []

    def operation(invocation: Invocation) -> None:
        seen.extend((read_config(invocation), invocation.arguments.state, list(invocation.lines)))
        invocation.output.write(b"{}\n")

    assert call(operation, tmp_path) == (0, [{}])
    assert seen == [{"password": "p4ssword-hidden"}, None, [b"line\n"]]


def test_spec_loads_no_command(tmp_path: Path) -> None:
    out = io.BytesIO()
    one = connector(failing(AssertionError()), tmp_path)
    assert run(one, ["spec", "--debug"], stdin=(), stdout=out) == 0
    assert json.loads(out.getvalue())["type"] == "SPEC"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["sync", "--help"], ["sync"], ["other"]])
def test_help_and_wrong_arguments_load_no_command(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    def load() -> dict:
        raise AssertionError

    one = Connector("some-connector", "A connector", tmp_path, {"sync": {"config": True}}, load)
    with pytest.raises(SystemExit) as raised:
        run(one, arguments, stdin=(), stdout=io.BytesIO())
    assert raised.value.code == (0 if "--help" in arguments else 2)
    assert "usage: some-connector" in "".join(capsys.readouterr())


def test_the_version_is_that_of_the_distribution(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        run(connector(failing(AssertionError()), tmp_path), ["--version"], stdin=(), stdout=io.BytesIO())
    assert raised.value.code == 0
    assert capsys.readouterr().out == f"some-connector {version('airbyte-acumatica')}\n"


def test_a_refusal_is_one_trace_and_exit_1(tmp_path: Path) -> None:
    code, (message,) = call(failing(SettingsError("No such entity.", advice="Choose another.")), tmp_path)
    assert code == 1
    assert message["trace"]["error"]["message"] == "No such entity. Choose another."
    assert message["trace"]["error"]["failure_type"] == "config_error"


def test_a_secret_in_an_error_is_masked(tmp_path: Path) -> None:
    def operation(invocation: Invocation) -> None:
        read_config(invocation)
        raise SettingsError("p4ssword-hidden is wrong.")

    _, (message,) = call(operation, tmp_path)
    assert message["trace"]["error"]["message"] == "**** is wrong."


@pytest.mark.parametrize("content", ["{", "\xff"])
def test_a_configuration_that_is_not_json_is_named(tmp_path: Path, content: str) -> None:
    def operation(invocation: Invocation) -> None:
        Path(invocation.arguments.config).write_text(content, encoding="latin-1")
        read_config(invocation)

    code, (message,) = call(operation, tmp_path)
    assert (code, message["trace"]["error"]["message"][-12:]) == (1, "is not JSON.")


def test_a_reader_that_is_gone_ends_quietly_with_1(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert call(failing(BrokenPipeError()), tmp_path) == (1, [])
    assert capfd.readouterr() == ("", "")


class FullDisk(io.BytesIO):
    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_said_on_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(connector(failing(KeyError()), tmp_path), ["spec"], stdin=(), stdout=FullDisk()) == 1
    assert capfd.readouterr().err == "The output cannot be written: No space left on device.\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_while_modules_are_loaded_ends_before_the_command_begins(
    tmp_path: Path, number: int, code: int
) -> None:
    def load() -> dict:
        os.kill(os.getpid(), number)
        return {"sync": failing(AssertionError())}

    one = Connector("some-connector", "A connector", tmp_path, {"sync": {}}, load)
    assert run(one, ["sync"], stdin=(), stdout=io.BytesIO()) == code


def test_a_signal_during_a_command_ends_it_when_it_looks(tmp_path: Path) -> None:
    def operation(invocation: Invocation) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        invocation.interruption.raise_if_requested()

    assert call(operation, tmp_path) == (143, [])
