"""Check, discover and read of the source over an ERP in memory: order of messages, failures, states."""

from __future__ import annotations

import json
import threading

import pytest
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import (
    AirbyteGlobalState,
    AirbyteMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    AirbyteStateType,
    FailureType,
    Status,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from acumatica_client.errors import AccessDenied, AcumaticaError, Overloaded, ServerFault, SignInRefused, Unreachable
from connector_runtime.errors import ConnectorError, traced
from source_acumatica import SourceAcumatica
from source_acumatica.cdk.messages import RecordPage
from unit_tests.source.builders import (
    CONFIG,
    CURSOR,
    PASSWORD,
    FakeClient,
    configured,
    configured_json,
    customer,
    customers,
    outline,
    payload,
)


@pytest.fixture
def erp(monkeypatch) -> FakeClient:
    client = FakeClient({"Customer": customers(1203), "ShipVia": [payload("id-1", Code="GROUND")], "Note": []})
    monkeypatch.setattr("source_acumatica.source.AcumaticaClient", client.opened)
    return client


def pages(*streams: str, state=None, config=CONFIG, **more) -> list[AirbyteMessage]:
    return list(SourceAcumatica().read_pages(config, configured(*streams, **more), state))


def until_it_fails(*streams: str, state=None, config=CONFIG, **more) -> tuple[list[AirbyteMessage], ConnectorError]:
    seen: list[AirbyteMessage] = []
    reading = SourceAcumatica().read_pages(config, configured(*streams, **more), state)
    with pytest.raises(ConnectorError) as raised:
        seen.extend(reading)
    return seen, raised.value


def of(stream: str, messages: list[AirbyteMessage]) -> list[tuple[str, object]]:
    """What was reported of one stream, in short; pages as the number of their rows."""
    found = []
    for message in messages:
        kind, what = outline(message)
        if kind == "PAGE":
            found += [(kind, len(what))] if message.stream == stream else []
        elif kind == "STATE":
            found += [(kind, what)] if message.state.stream.stream_descriptor.name == stream else []
        elif str(what).startswith(stream):
            found.append((kind, what))
    return found


def saved(stream: str, position: str | None) -> list[AirbyteStateMessage]:
    state = {"stream_descriptor": {"name": stream}, "stream_state": {CURSOR: position} if position else {}}
    return [AirbyteStateMessageSerializer.load({"type": "STREAM", "stream": state})]


class TestCheck:
    def test_succeeds_with_one_row_and_gives_the_seat_back(self, erp):
        assert SourceAcumatica().check(None, CONFIG).status == Status.SUCCEEDED
        assert (len(erp.lists), erp.closed) == (1, 1)

    def test_does_not_wait(self, erp):
        SourceAcumatica().check(None, {**CONFIG, "concurrency_level": 25})
        (settings,) = erp.settings
        assert (settings.sessions, settings.login_wait) == (1, 0.0)

    @pytest.mark.parametrize(
        "error", [SignInRefused("The password is wrong."), Unreachable("No answer."), ServerFault("Acumatica failed.")]
    )
    def test_says_in_one_sentence_what_is_wrong(self, erp, error):
        erp.refuse_all = error
        status = SourceAcumatica().check(None, CONFIG)
        assert (status.status, status.message) == (Status.FAILED, error.message)
        assert erp.closed == 1

    def test_says_what_is_not_filled_in_before_anything_is_asked_of_the_server(self, erp):
        status = SourceAcumatica().check(None, {**CONFIG, "instance_uri": ""})
        assert (status.status, status.message) == (Status.FAILED, "Instance URI must not be empty.")
        assert erp.settings == []


class TestDiscover:
    def test_lists_the_streams_and_gives_the_seat_back(self, erp):
        assert [stream.name for stream in SourceAcumatica().discover(None, CONFIG).streams] == [
            "Customer",
            "Customer_Attributes",
            "ShipVia",
            "Note",
        ]
        assert erp.closed == 1

    def test_reports_a_refusal_as_the_platform_wants_it(self, erp):
        erp.refuse_all = SignInRefused("The password is wrong.")
        with pytest.raises(AirbyteTracedException) as raised:
            SourceAcumatica().discover(None, CONFIG)
        assert raised.value.failure_type == FailureType.config_error


class TestAFullRefresh:
    def test_starts_runs_reads_all_reports_its_state_and_completes(self, erp):
        *before, position, end, over = of("Customer", pages("Customer"))
        assert before == [
            ("STARTED", "Customer"),
            ("RUNNING", "Customer"),
            ("PAGE", 500),
            ("PAGE", 499),
            ("PAGE", 204),
        ]
        assert position[1]["full_refresh"] is True
        assert [end, over] == [
            ("STATE", {"__ab_no_cursor_state_message": True}),
            ("COMPLETE", "Customer"),
        ]
        assert erp.closed == 1

    def test_of_an_empty_table_completes_too(self, erp):
        assert of("Note", pages("Note")) == [
            ("STARTED", "Note"),
            ("STATE", {"__ab_no_cursor_state_message": True}),
            ("COMPLETE", "Note"),
        ]

    def test_reads_all_whatever_state_comes_in(self, erp):
        read = pages("Customer", state=saved("Customer", "2999-01-01T00:00:00+00:00"))
        assert sum(count for kind, count in of("Customer", read) if kind == "PAGE") == 1203

    def test_fauxpasonics_f5_a_second_read_of_the_same_source_gives_the_same(self, erp):
        source = SourceAcumatica()
        first, second = (list(source.read_pages(CONFIG, configured("ShipVia"))) for _ in range(2))
        assert of("ShipVia", first) == of("ShipVia", second)


class TestAnIncrementalRead:
    def test_reports_its_position_after_its_records_and_before_it_completes(self, erp):
        erp.tables["Customer"] = [customer("A"), customer("B", None)]
        seen = of("Customer", pages("Customer:incremental"))
        assert (seen[0], seen[-1]) == (("STARTED", "Customer"), ("COMPLETE", "Customer"))
        assert seen[-2][0] == "STATE"
        assert seen[-2][1][CURSOR] > "2026-11-23T05:59"
        assert sum(what for kind, what in seen if kind == "PAGE") == 2

    def test_goes_on_from_its_position(self, erp):
        erp.tables["Customer"] = [
            customer("A", "2026-11-22T00:00:00+00:00"),
            customer("B", "2026-11-22T12:00:00+00:00"),
        ]
        read = pages("Customer:incremental", state=saved("Customer", "2026-11-22T06:00:00+00:00"))
        assert [kind for kind, _ in of("Customer", read)].count("PAGE") == 1

    def test_of_a_position_in_the_future_reports_it_again_without_records(self, erp):
        future = "2999-01-01T00:00:00.5+00:00"
        seen = of("Customer", pages("Customer:incremental", state=saved("Customer", future)))
        assert seen == [("STARTED", "Customer"), ("STATE", {CURSOR: future}), ("COMPLETE", "Customer")]

    def test_takes_a_global_state_apart(self, erp):
        streams = [saved("Customer", "2999-01-01T00:00:00+00:00")[0].stream]
        state = [AirbyteStateMessage(type=AirbyteStateType.GLOBAL, global_=AirbyteGlobalState(stream_states=streams))]
        assert [kind for kind, _ in of("Customer", pages("Customer:incremental", state=state))].count("PAGE") == 0

    @pytest.mark.parametrize("state", [saved("Customer", None), saved("Vendor", "2020-01-01"), [], None])
    def test_begins_at_the_start_when_no_position_is_its_own(self, erp, state):
        erp.tables["Customer"] = [customer("A", "2001-01-01T00:00:00+00:00")]
        assert ("PAGE", 1) in of("Customer", pages("Customer:incremental", state=state))

    def test_begins_a_day_before_the_start_date(self, erp):
        erp.tables["Customer"] = [
            customer("A", "2025-12-30T23:00:00+00:00"),
            customer("B", "2025-12-31T01:00:00+00:00"),
        ]
        read = pages("Customer:incremental", config={**CONFIG, "start_date": "2026-01-01"})
        assert [kind for kind, _ in of("Customer", read)].count("PAGE") == 1


class TestOneStreamThatFails:
    def test_leaves_the_others_finished_and_is_incomplete(self, erp):
        erp.refusals["Customer"] = AccessDenied("You have no rights.", advice="Ask for them.")
        seen, error = until_it_fails("Customer:incremental", "ShipVia")
        assert of("Customer", seen) == [
            ("STARTED", "Customer"),
            ("ERROR", "Customer: You have no rights. Ask for them."),
            ("STATE", {}),
            ("INCOMPLETE", "Customer"),
        ]
        assert of("ShipVia", seen)[-1] == ("COMPLETE", "ShipVia")
        assert error.failure_type == FailureType.config_error
        assert erp.closed == 1

    @pytest.mark.parametrize(
        ("refusal", "kind"),
        [(Overloaded("503"), FailureType.transient_error), (ServerFault("Broken."), FailureType.system_error)],
    )
    def test_gives_the_whole_its_kind(self, erp, refusal, kind):
        erp.refusals["Customer"] = refusal
        assert until_it_fails("Customer", "ShipVia")[1].failure_type == kind

    def test_in_the_middle_keeps_what_was_read_and_moves_no_position_over_the_gap(self, erp):
        erp.tables["Customer"] = customers(700)
        requests = iter(range(100))

        def fail_on_the_last_page() -> None:
            if next(requests) > 4:
                raise Overloaded("503")

        erp.on_request = fail_on_the_last_page
        seen, _ = until_it_fails("Customer:incremental")
        states = [what[CURSOR] for kind, what in of("Customer", seen) if kind == "STATE" and what]
        assert ("PAGE", 500) in of("Customer", seen)
        assert all(state <= "2026-11-21T00:00:00+00:00" for state in states)

    def test_by_a_defect_of_ours_is_reported_with_its_kind_and_leaves_the_others_finished(self, erp):
        erp.tables["ShipVia"] = [{"no": "record"}]
        erp.refusals["Note"] = KeyError("bug")
        seen, error = until_it_fails("Note", "Customer")
        assert of("Customer", seen)[-1] == ("COMPLETE", "Customer")
        assert error.failure_type == FailureType.system_error


class TestAStreamThatCannotBeRead:
    @pytest.mark.parametrize(
        ("stream", "words"),
        [
            ("Gone", "no entity Gone"),
            ("StockInquiry", "read with parameters"),
        ],
    )
    def test_is_incomplete_with_a_config_error_and_the_others_finish(self, erp, stream, words):
        name = stream.partition(":")[0]
        seen, error = until_it_fails(stream, "Customer")
        assert [kind for kind, _ in of(name, seen)] == ["STARTED", "ERROR", "INCOMPLETE"]
        assert words in str(of(name, seen)[1][1])
        assert of("Customer", seen)[-1] == ("COMPLETE", "Customer")
        assert error.failure_type == FailureType.config_error

    def test_because_of_its_saved_state_says_how_to_go_on(self, erp):
        state = saved("Customer", "not a date")
        seen, _ = until_it_fails("Customer:incremental", "ShipVia", state=state)
        assert "Reset" in str(of("Customer", seen)[1][1])
        assert of("ShipVia", seen)[-1] == ("COMPLETE", "ShipVia")

    def test_because_of_another_cursor_stops_instead_of_starting_anew(self, erp):
        seen, error = until_it_fails("Customer:incremental", cursor_field=["CreatedDateTime"])
        assert "CreatedDateTime" in str(error.message)
        assert [kind for kind, _ in of("Customer", seen)] == ["STARTED", "ERROR", "INCOMPLETE"]

    def test_alone_ends_the_read_all_the_same(self, erp):
        assert until_it_fails("Gone")[1].failure_type == FailureType.config_error


class TestARead:
    def test_of_an_empty_catalog_reports_nothing(self, erp):
        assert pages() == []
        assert erp.closed == 1

    def test_of_a_stream_named_twice_is_refused_before_it_begins(self, erp):
        seen, error = until_it_fails("Customer", "Customer:incremental")
        assert (seen, error.failure_type) == ([], FailureType.config_error)

    @pytest.mark.parametrize(
        "state",
        [
            [AirbyteStateMessage(type=AirbyteStateType.STREAM)],
            [AirbyteStateMessage(type=AirbyteStateType.GLOBAL)],
            [
                AirbyteStateMessage(
                    type=AirbyteStateType.GLOBAL,
                    global_=AirbyteGlobalState(stream_states=[], shared_state=AirbyteStateBlob({"cdc": 1})),
                )
            ],
        ],
    )
    def test_with_a_state_that_is_not_ours_is_refused(self, erp, state):
        seen, error = until_it_fails("Customer:incremental", state=state)
        assert (seen, error.failure_type) == ([], FailureType.config_error)

    def test_that_is_refused_altogether_gives_the_seat_back(self, erp):
        erp.refuse_all = SignInRefused("The password is wrong.")
        seen, error = until_it_fails("Customer")
        assert (seen, str(error.message), erp.closed) == ([], "The password is wrong.", 1)

    def test_that_is_not_read_to_the_end_signs_out_and_leaves_no_worker_behind(self, erp):
        before = set(threading.enumerate())
        erp.cap = 5
        reading = SourceAcumatica().read_pages(CONFIG, configured("Customer", "ShipVia"))
        while not isinstance(next(reading), RecordPage):
            pass
        reading.close()
        assert erp.closed == 1
        erp.refusals["Customer"] = Unreachable("closed")  # what the pool raises once it is closed
        for worker in set(threading.enumerate()) - before:
            worker.join(timeout=5)
            assert not worker.is_alive()

    def test_with_many_workers_and_tiny_pages_never_reports_a_state_before_its_records(self, erp):
        erp.cap = 3
        stamps = [f"{year}-05-01T00:00:00+00:00" for year in range(2010, 2027)]
        erp.tables["Customer"] = [customer(f"C{number:04d}", stamps[number % len(stamps)]) for number in range(200)]
        read = pages("Customer:incremental", "Note:incremental", "ShipVia", config={**CONFIG, "concurrency_level": 25})
        arrived: set[str] = set()
        for message in read:
            kind, what = outline(message)
            if kind == "PAGE" and message.stream == "Customer":
                arrived |= {row[CURSOR] for row in what}
            if kind == "STATE" and message.state.stream.stream_descriptor.name == "Customer":
                assert {stamp for stamp in stamps if stamp < what[CURSOR]} <= arrived
        assert arrived == set(stamps)
        assert of("Customer", read)[-1] == ("COMPLETE", "Customer")


class TestTheCdksEntrypoint:
    def run(self, tmp_path, *arguments: str, **files: object) -> list[dict]:
        line = list(arguments)
        for name, content in files.items():
            path = tmp_path / f"{name}.json"
            path.write_text(json.dumps(content))
            line += [f"--{name}", str(path)]
        entrypoint = AirbyteEntrypoint(SourceAcumatica())
        return [json.loads(message) for message in entrypoint.run(entrypoint.parse_args(line))]

    def test_reads_ordinary_records_with_honest_counts(self, erp, tmp_path):
        erp.tables["Customer"] = customers(700)
        logged = self.run(tmp_path, "read", config=CONFIG, catalog=configured_json("Customer:incremental"))
        records = [message["record"] for message in logged if message["type"] == "RECORD"]
        states = [message["state"] for message in logged if message["type"] == "STATE"]
        assert len(records) == 700
        assert records[0]["data"]["CustomerID"] == "C0000"
        assert sum(state["sourceStats"]["recordCount"] for state in states) == 700

    def test_checks_and_discovers(self, erp, tmp_path):
        (status,) = self.run(tmp_path, "check", config=CONFIG)
        assert status["connectionStatus"]["status"] == "SUCCEEDED"
        (found,) = self.run(tmp_path, "discover", config=CONFIG)
        assert len(found["catalog"]["streams"]) == 4

    def test_reports_a_refusal_without_the_password(self, erp, tmp_path):
        erp.refuse_all = SignInRefused(f"No entry for {PASSWORD}.")
        (status,) = self.run(tmp_path, "check", config=CONFIG)
        assert status["connectionStatus"] == {"status": "FAILED", "message": "No entry for ****."}


def test_every_error_of_the_client_has_a_kind_for_the_platform():
    def kinds(error: type[AcumaticaError]) -> list[type[AcumaticaError]]:
        return [error, *(kind for child in error.__subclasses__() for kind in kinds(child))]

    for error in kinds(AcumaticaError):
        assert traced(error("Words."), "Customer").failure_type in set(FailureType)
