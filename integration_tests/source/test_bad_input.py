"""What a user gets wrong: each mistake gives one clear sentence, the right exit code, no stack trace,
no secret, and no session left behind.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from acumatica_emulator import Emulator
from integration_tests.source.conftest import SECRET, Result, Source

HIDDEN = "Hunter2-hidden-9"


def sign_in(**fields: object) -> dict[str, object]:
    return {"credentials": {"auth_type": "cookie", "username": "admin", "password": SECRET, **fields}}


def clean(result: Result) -> bool:
    """No stack trace, no secret."""
    text = json.dumps(result.lines)
    return HIDDEN not in text and "Traceback" not in text and "stack_trace" not in text


# How a setting is broken, and words that the sentence must have.
BROKEN = [
    pytest.param(sign_in(password=HIDDEN), ["user name or the password is wrong"], id="wrong password"),
    pytest.param(
        sign_in(username="stranger", password=HIDDEN), ["user name or the password is wrong"], id="unknown user"
    ),
    pytest.param({"company": "Nowhere"}, ["Nowhere", "SM203520"], id="unknown tenant"),
    pytest.param({"endpoint_name": "Defualt"}, ["Defualt", "Default", "MANUFACTURING"], id="unknown endpoint"),
    pytest.param({"endpoint_version": "19.200.001"}, ["19.200.001", "24.200.001"], id="unknown version"),
    pytest.param({"instance_uri": "http://127.0.0.1:1/Site"}, ["could not be reached"], id="nothing listens"),
    pytest.param({"instance_uri": "http://nowhere.invalid/Site"}, ["could not be reached"], id="unknown host"),
    pytest.param({"instance_uri": ""}, ["Instance URI must not be empty"], id="no address"),
    pytest.param(
        {"instance_uri": f"http://admin:{HIDDEN}@127.0.0.1/Site"}, ["user name in it"], id="password in the URI"
    ),
    pytest.param({"concurrency_level": 26}, ["Concurrency level must be at most 25"], id="out of range"),
    pytest.param({"credentials": HIDDEN}, ["Sign-in must be a JSON object"], id="sign-in of the wrong kind"),
    pytest.param(sign_in(auth_type="oauth9", password=HIDDEN), ["auth_type must be"], id="unknown way to sign in"),
    pytest.param({"start_date": "2024-02-31"}, ["Start date"], id="no such day"),
]


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("settings", "words"), BROKEN)
class TestABrokenSetting:
    def test_fails_the_check_with_a_status(self, instance, source, settings, words):
        result = source.check(**settings)
        (status,) = result.of("CONNECTION_STATUS")
        assert (result.code, status["status"]) == (0, "FAILED")
        assert all(word in status["message"] for word in words), status["message"]
        assert clean(result)

    def test_fails_discovery_and_reading_with_an_error(self, instance, source, settings, words):
        catalog = {"streams": [source.configured("Customer", "full_refresh")]}
        config = source.config(**settings)
        for result in (source.call("discover", config=config), source.call("read", config=config, catalog=catalog)):
            (error,) = result.errors
            assert result.code == 1
            assert error["failure_type"] in ("config_error", "transient_error")
            assert all(word in error["message"] for word in words), error["message"]
            assert result.of("RECORD") == []
            assert clean(result)


@pytest.fixture(params=["page", "text", "other"])
def stranger(request) -> Iterator[str]:
    """A server that is no Acumatica: a web page, words, or JSON of its own for everything."""
    bodies = {
        "page": ("text/html", b"<!DOCTYPE html><html><body>Welcome to nginx!</body></html>"),
        "text": ("text/plain", b"It works!"),
        "other": ("application/json", b'{"hello": "world"}'),
    }
    kind, body = bodies[request.param]

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("hasty")
def test_a_server_that_is_no_acumatica_is_reported_in_one_sentence(stranger, tmp_path):
    source = Source(stranger, tmp_path)
    result = source.check()
    (status,) = result.of("CONNECTION_STATUS")
    assert (result.code, status["status"]) == (0, "FAILED")
    assert status["message"].endswith(".")
    assert clean(result)


@pytest.mark.usefixtures("hasty")
def test_a_server_that_accepts_and_says_nothing_more_is_reported(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        result = Source(f"http://127.0.0.1:{listening.getsockname()[1]}", tmp_path).check()
    (status,) = result.of("CONNECTION_STATUS")
    assert "connection broke" in status["message"]
    assert clean(result)


class TestTheLicense:
    def test_without_a_free_seat_fails_the_check_at_once_and_says_what_to_do(self, source, instance):
        instance.switches.seats_per_user = 0
        instance.switches.seats = 0
        (status,) = source.check().of("CONNECTION_STATUS")
        assert status["status"] == "FAILED"
        assert "Every API session" in status["message"]

    @pytest.mark.usefixtures("hasty")
    def test_without_a_free_seat_fails_a_read_as_passing_trouble(self, source, instance):
        instance.switches.seats = 0
        catalog = {"streams": [source.configured("Customer", "full_refresh")]}
        (error,) = source.call("read", config=source.config(), catalog=catalog).errors
        assert error["failure_type"] == "transient_error"


class TestAnAccount:
    @pytest.mark.parametrize(
        ("failure", "words"), [("must_change_password", "must be changed"), ("locked", "locked out")]
    )
    def test_that_cannot_be_used_is_reported_with_the_way_out(self, source, instance, failure, words):
        instance.switches.login_failure = failure
        (status,) = source.check().of("CONNECTION_STATUS")
        assert words in status["message"]


class TestAnEntity:
    def test_that_disappeared_from_the_endpoint_is_a_config_error_and_the_others_finish(self, source, instance):
        catalog = source.catalog("Vendor:incremental", "Customer", "ShipVia")
        instance.switches.gone = ["Vendor"]
        result = source.call("read", config=source.config(), catalog=catalog)
        assert result.code == 1
        assert result.statuses("Vendor") == ["STARTED", "INCOMPLETE"]
        assert {error["failure_type"] for error in result.errors} == {"config_error"}
        assert "has no entity Vendor" in result.errors[0]["message"]
        assert len(result.records("Customer")) == len(instance.records("Customer"))
        assert clean(result)

    def test_that_never_was_is_reported_the_same_way(self, source):
        result = source.read("Customre", "ShipVia")
        assert (result.code, result.statuses("Customre")) == (1, ["STARTED", "INCOMPLETE"])
        assert result.statuses("ShipVia")[-1] == "COMPLETE"
        assert clean(result)

    def test_read_by_parameters_is_reported_to_be_no_list(self, source):
        result = source.read("AccountSummaryInquiry", "ShipVia")
        assert "parameters" in result.errors[0]["message"]
        assert clean(result)

    @pytest.mark.usefixtures("hasty")
    def test_that_answers_with_a_page_or_nothing_at_all_is_never_no_data(self, source, instance):
        catalog = source.catalog("Vendor", "ShipVia")
        instance.faults.add("html", method="GET", entity="Vendor", times=3, status=200)
        result = source.call("read", config=source.config(), catalog=catalog)
        assert (result.code, result.statuses("Vendor")[-1]) == (1, "INCOMPLETE")
        instance.switches.blank_lists = ["Vendor"]
        result = source.call("read", config=source.config(), catalog=catalog)
        assert (result.code, result.statuses("Vendor")[-1]) == (1, "INCOMPLETE")
        assert clean(result)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("{", "state file"),
        ([{"type": "STREAM"}], "state is not"),
        ([5], "state is not"),
        ({"Customer": {"LastModifiedDateTime": "2024-01-01"}}, "state is not"),
        ([{"type": "GLOBAL", "global": {"shared_state": {"cdc": 1}, "stream_states": []}}], "state is not"),
    ],
)
def test_a_state_that_is_none_is_refused_before_anything_is_read(source, state, words):
    result = source.read("Customer:incremental", state=state)
    assert (result.code, result.of("RECORD")) == (1, [])
    assert words in result.errors[0]["message"]
    assert result.errors[0]["failure_type"] == "config_error"
    assert clean(result)


@pytest.mark.parametrize("position", ["yesterday", "", None, 5, {"a": 1}, "2024-01-01' or '1' eq '1"])
def test_a_position_that_is_no_date_stops_its_stream_and_no_other(source, position):
    state = {"stream_descriptor": {"name": "Customer"}, "stream_state": {"LastModifiedDateTime": position}}
    result = source.read("Customer:incremental", "ShipVia", state=[{"type": "STREAM", "stream": state}])
    assert result.statuses("Customer") == ["STARTED", "INCOMPLETE"]
    assert result.statuses("ShipVia")[-1] == "COMPLETE"
    assert "Reset" in result.errors[0]["message"]
    assert clean(result)


def test_a_catalog_that_is_none_is_refused(source):
    for catalog in ("{", [], {"streams": [{"stream": {"name": "Customer"}}]}):
        result = source.call("read", config=source.config(), catalog=catalog)
        assert (result.code, result.errors[0]["failure_type"]) == (1, "config_error")
        assert clean(result)


def test_an_unknown_stream_with_an_unknown_sync_mode_gives_an_error(source):
    """The platform's own suite reads such a catalog and wants a trace."""
    catalog = {"streams": [{**source.configured("__AIRBYTE__unknown", ""), "sync_mode": "INVALID"}]}
    result = source.call("read", config=source.config(), catalog=catalog)
    assert (result.code, len(result.errors)) == (1, 1)


def test_an_empty_catalog_is_read_to_its_end(source: Source, instance: Emulator):
    result = source.call("read", config=source.config(), catalog={"streams": []})
    assert (result.code, result.of("RECORD")) == (0, [])
