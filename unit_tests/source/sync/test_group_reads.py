"""A document and its details read together: one list for all, statuses and states of each, failures shared."""

from __future__ import annotations

import json

import pytest
from airbyte_cdk.models import AirbyteMessage, AirbyteStateMessage, AirbyteStateMessageSerializer

from acumatica_client.errors import AccessDenied
from connector_runtime.errors import ConnectorError
from source_acumatica import SourceAcumatica
from source_acumatica.cdk.messages import RecordPage
from unit_tests.source.builders import CONFIG, CURSOR, FakeClient, configured, customer, outline
from unit_tests.source.refusing import Refusing, blames

BOTH = ("Customer", "Customer_Attributes")
POSITION = "2026-11-20T00:00:00+00:00"
INCREMENTAL = tuple(f"{name}:incremental" for name in BOTH)


def with_attributes(key: str, *attributes: str) -> dict[str, object]:
    lines = [{"id": f"{key}-{name}", "AttributeID": {"value": name}} for name in attributes]
    return {**customer(key), "Attributes": lines}


@pytest.fixture
def erp(monkeypatch) -> FakeClient:
    client = FakeClient({"Customer": [with_attributes("A", "SIZE", "COLOR"), with_attributes("B")]})
    monkeypatch.setattr("source_acumatica.source.AcumaticaClient", client.opened)
    return client


def read(*streams: str, state: list[AirbyteStateMessage] | None = None, **more: object) -> list[AirbyteMessage]:
    return list(SourceAcumatica().read_pages(CONFIG, configured(*streams, **more), state))


def name_of(message: AirbyteMessage) -> str:
    if isinstance(message, RecordPage):
        return message.stream
    return message.state.stream.stream_descriptor.name if message.state else str(outline(message)[1])


def in_short(messages: list[AirbyteMessage]) -> list[tuple[str, str]]:
    return [(outline(message)[0], name_of(message)) for message in messages]


def states(messages: list[AirbyteMessage]) -> list[AirbyteStateMessage]:
    last = {name_of(message): message.state for message in messages if message.state}
    return [AirbyteStateMessageSerializer.load(AirbyteStateMessageSerializer.dump(state)) for state in last.values()]


@pytest.mark.parametrize("streams", [BOTH, INCREMENTAL])
def test_each_starts_runs_reports_its_rows_its_state_and_completes(erp, streams):
    seen = in_short(read(*streams))
    for name in BOTH:
        own = [kind for kind, stream in seen if stream == name]
        assert [kind for at, kind in enumerate(own) if kind != own[at - 1] or at == 0] == [
            "STARTED", "RUNNING", "PAGE", "STATE", "COMPLETE",
        ]  # fmt: skip


@pytest.mark.parametrize("streams", [BOTH, INCREMENTAL])
def test_one_list_serves_all(erp, streams):
    read(*streams)
    together = len(erp.lists)
    erp.lists.clear()
    read(streams[0])
    assert together == len(erp.lists)


def test_all_have_the_same_position_and_go_on_from_it_together(erp):
    first = states(read(*INCREMENTAL))
    assert len(first) == 2
    names = [{state.stream.stream_descriptor.name: list(vars(state.stream.stream_state))} for state in first]
    assert names == [{"Customer": [CURSOR]}, {"Customer_Attributes": [f"Customer_{CURSOR}"]}]
    assert len({*vars(first[0].stream.stream_state).values(), *vars(first[1].stream.stream_state).values()}) == 1
    erp.lists.clear()
    read(*INCREMENTAL, state=first)
    assert all("Attributes" in query.expand for _, query in erp.lists if query.top != 1)


def test_a_full_refresh_that_broke_off_is_marked_in_each_state_by_its_own_column(erp):
    erp.refusals = {"Customer": AccessDenied("You have no rights.")}
    saved = [("Customer", {CURSOR: POSITION, "full_refresh": True}),
             ("Customer_Attributes", {f"Customer_{CURSOR}": POSITION, "full_refresh": True})]  # fmt: skip
    given = [
        AirbyteStateMessageSerializer.load(
            {"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": state}}
        )
        for name, state in saved
    ]
    seen: list[AirbyteMessage] = []
    with pytest.raises(ConnectorError):
        seen.extend(SourceAcumatica().read_pages(CONFIG, configured(*BOTH), given))
    kept = {name_of(message): vars(message.state.stream.stream_state) for message in seen if message.state}
    assert kept == dict(saved)


def test_a_member_that_stands_elsewhere_is_read_by_itself(erp):
    first = [state for state in states(read(*INCREMENTAL)) if state.stream.stream_descriptor.name == "Customer"]
    erp.lists.clear()
    seen = in_short(read(*INCREMENTAL, state=first))
    assert ("PAGE", "Customer_Attributes") in seen
    assert {bool(query.expand) for _, query in erp.lists if query.top != 1 and "Attributes" not in query.expand}


def test_rows_of_every_record_come_even_where_their_record_was_not_chosen(erp):
    pages = [message for message in read("Customer_Attributes") if isinstance(message, RecordPage)]
    assert [(page.stream, len(page.rows)) for page in pages] == [("Customer_Attributes", 2)]


def test_a_refusal_makes_all_incomplete_and_is_reported_once(erp):
    erp.refusals = {"Customer": AccessDenied("You have no rights.")}
    seen: list[AirbyteMessage] = []
    with pytest.raises(ConnectorError, match="2 of the streams"):
        seen.extend(SourceAcumatica().read_pages(CONFIG, configured(*BOTH)))
    assert erp.closed == 1


def test_settings_that_apply_to_no_stream_are_named_with_a_warning(erp, caplog):
    config = {**CONFIG, "stream_settings": [{"stream": "Gone", "filter": "x"}, {"stream": "Cust*", "page_size": 9}]}
    list(SourceAcumatica().read_pages(config, configured("Customer")))
    assert "The settings of Gone apply to no stream of Default." in caplog.messages


def test_rows_that_share_their_key_stop_a_deduplicating_sync_before_they_leave(erp):
    erp.tables["Customer"] = [with_attributes("A", "SIZE", "SIZE")]
    with pytest.raises(ConnectorError, match="two rows of one record have the same"):
        read(*BOTH, destination_sync_mode="append_dedup")
    assert [kind for kind, _ in in_short(read(*BOTH))].count("PAGE") == 2


class TestAColumnThatCannotBeRead:
    @pytest.fixture
    def erp(self, monkeypatch) -> Refusing:
        client = Refusing({"Customer": [with_attributes("A", "SIZE", "COLOR"), with_attributes("B")]})
        monkeypatch.setattr("source_acumatica.source.AcumaticaClient", client.opened)
        return client

    def test_is_named_with_each_record(self, erp):
        erp.in_lists, erp.by_key = {"Balance": blames("Balance")}, {"Balance": blames("Balance")}
        pages = [message for message in read("Customer:incremental") if isinstance(message, RecordPage)]
        for page in pages:
            assert [
                [(one["field"], one["change"]) for one in changes_of(line)] for line in page.lines().splitlines()
            ] == [[("Balance", "NULLED")]] * len(page.rows)
        assert sum(len(page.rows) for page in pages) == 2

    @pytest.mark.parametrize("streams", [BOTH, INCREMENTAL])
    def test_and_is_a_detail_fails_the_stream_of_its_rows_alone_and_keeps_its_state(self, erp, streams):
        erp.in_lists, erp.by_key = {"Attributes": blames("Attributes")}, {"Attributes": blames("Attributes")}
        seen: list[AirbyteMessage] = []
        with pytest.raises(ConnectorError, match="1 of the streams"):
            seen.extend(SourceAcumatica().read_pages(CONFIG, configured(*streams)))
        assert {kind for kind, name in in_short(seen) if name == "Customer_Attributes"} == {"STARTED", "INCOMPLETE"}
        assert ("COMPLETE", "Customer") in in_short(seen)
        assert ("STATE", "Customer") in in_short(seen)
        assert sum(len(page.rows) for page in seen if isinstance(page, RecordPage)) == 2


def changes_of(line: bytes) -> list[dict[str, str]]:
    return json.loads(line)["record"].get("meta", {}).get("changes", [])
