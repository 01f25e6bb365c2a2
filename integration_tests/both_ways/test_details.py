"""Documents and their lines as streams: fetched together, nothing lost whatever the instance does, one position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import pytest

from acumatica_emulator import Emulator
from acumatica_emulator.records.rows import Row, guid
from integration_tests.both_ways.conftest import ExactSource
from integration_tests.both_ways.truth import assert_same, assert_well_formed, lines, rows, union
from integration_tests.source.conftest import Result

ORDER, LINES = "SalesOrder", "SalesOrder_Details"
GROUP = (ORDER, LINES, "SalesOrder_TaxDetails", "SalesOrder_Details_Allocations")


def incremental(*streams: str) -> list[str]:
    return [f"{stream}:incremental" for stream in streams]


def requests(instance: Emulator, entity: str = ORDER) -> list[dict[str, str]]:
    """The queries of the lists of an entity so far."""
    return [call.query for call in instance.calls if call.method == "GET" and call.path.endswith(f"/{entity}")]


@pytest.fixture
def instance(instance: Emulator) -> Emulator:
    """Two of the orders have taxes, and lines with allocations."""
    store = instance.store()
    for row in list(store.rows(ORDER))[:2]:
        for line in row.lines("Details"):
            line.details["Allocations"] = [
                Row(guid(line.id, number), {"LineNbr": line.values["LineNbr"], "SplitLineNbr": number})
                for number in (1, 2)
            ]
        row.details["TaxDetails"] = [
            Row(guid(row.id, tax), {"RecordID": number, "TaxID": tax, "LineNbr": 32000})
            for number, tax in enumerate(("NYSTATE", "NYCITY"), len(row.id))
        ]
    return instance


def change_orders(instance: Emulator) -> None:
    """A line is changed, one goes, one comes with a new order."""
    store = instance.store()
    keys = [[row.values["OrderType"], row.values["OrderNbr"]] for row in store.rows(ORDER)]
    first, second = ({"LineNbr": 1, "OrderQty": 3, "LineDescription": text} for text in ("Changed", "Come"))
    store.update(ORDER, keys[1], {"Details": [{**first, "id": next(iter(lines(instance, ORDER, "Details")))}]})
    store.insert(ORDER, {"OrderType": "SO", "OrderNbr": "NEW001", "Details": [second, {**second, "LineNbr": 2}]})


def read_twice(
    instance: Emulator,
    source: ExactSource,
    *streams: str,
    between: Callable[[], object] | None = None,
    **settings: object,
) -> list[Result]:
    """Two syncs with changes between them; together they must have brought every order and every line as they stand.

    A line that went is not reported, so only what is there is compared.
    """
    modes = incremental(*streams)
    first = source.read(*modes, **settings)
    instance.tick(60)
    (between or (lambda: change_orders(instance)))()
    second = source.read(*modes, state=first.state(), **settings)
    for result in (first, second):
        assert_well_formed(result, *streams)
        assert result.code == 0, result.errors
    compare([first, second], instance, **settings)
    return [first, second]


def compare(results: Sequence[Result], instance: Emulator, **settings: object) -> None:
    scope = {name.removeprefix("endpoint_"): str(value) for name, value in settings.items() if "endpoint" in name}
    if scope.pop("name", None):
        scope["endpoint"] = str(settings["endpoint_name"])
    there, came = lines(instance, ORDER, "Details", **scope), union(results, LINES)
    assert_same(there, {id: came[id] for id in there if id in came})
    if any(result.statuses(ORDER) for result in results):
        assert_same(rows(instance, ORDER, **scope), union(results, ORDER))


class TestAFamily:
    def test_is_fetched_once(self, instance, source):
        source.read(f"{ORDER}:incremental")
        alone = len(requests(instance))
        instance.calls.clear()
        results = read_twice(instance, source, *GROUP, between=lambda: None)
        first = len(requests(instance)) - alone
        assert 0 < first <= alone
        assert all(result.records(stream) for result in results[:1] for stream in GROUP)

    def test_has_one_position(self, instance, source):
        for result in read_twice(instance, source, *GROUP):
            states = [state["stream"] for state in result.state()]
            logged = {state["stream_descriptor"]["name"]: state["stream_state"] for state in states}
            assert set(logged) == set(GROUP)
            assert len({tuple(state.values()) for state in logged.values()}) == 1

    def test_gives_each_row_once_with_a_key_that_distinguishes_it_from_all_others(self, source):
        catalog = source.catalog(*GROUP)
        result = source.read(*GROUP)
        for configured in catalog["streams"]:
            stream = configured["stream"]
            key = [name for (name,) in stream["source_defined_primary_key"]]
            found = Counter(tuple(record[name] for name in key) for record in result.records(stream["name"]))
            assert found, stream["name"]
            assert max(found.values()) == 1, (stream["name"], found.most_common(1))
            assert not any(None in values for values in found)

    def test_asks_for_no_more_of_the_document_than_its_lines_need(self, instance, source):
        source.read(f"{LINES}:incremental")
        query = requests(instance)[-1]
        assert query["$expand"].split(",")[0] == "Details"
        assert set(query["$select"].split(",")) == {"OrderType", "OrderNbr", "LastModified", "Details"}

    def test_member_that_was_never_read_catches_up_alone_and_comes_back(self, instance, source):
        alone = source.read(f"{ORDER}:incremental")
        instance.calls.clear()
        caught_up = source.read(*incremental(ORDER, LINES), state=alone.state())
        assert_same(lines(instance, ORDER, "Details"), union([caught_up], LINES))
        assert len({query.get("$expand", "") for query in requests(instance)}) > 1
        instance.calls.clear()
        instance.tick(3600)
        change_orders(instance)
        together = source.read(*incremental(ORDER, LINES), state=caught_up.state())
        full = [query for query in requests(instance) if query.get("$top") != "1"]
        assert len({query.get("$expand", "") for query in full}) == 1
        compare([alone, caught_up, together], instance)

    def test_that_is_refused_is_refused_for_all_and_leaves_the_others(self, instance, source):
        instance.switches.forbidden = [ORDER]
        result = source.read(*incremental(ORDER, LINES), "ShipVia")
        assert_well_formed(result, ORDER, LINES, "ShipVia")
        assert [result.statuses(stream)[-1] for stream in (ORDER, LINES, "ShipVia")] == [
            "INCOMPLETE", "INCOMPLETE", "COMPLETE",
        ]  # fmt: skip
        assert "2 of the streams" in result.errors[-1]["message"]

    def test_that_broke_off_resumes_without_a_loss(self, instance, source):
        settings = {"page_size": 2}
        catalog = source.catalog(*incremental(ORDER, LINES))
        instance.faults.add("status", method="GET", entity=ORDER, nth=7, status=403)
        config = source.config(**settings)
        broken = source.call("read", config=config, catalog=catalog)
        assert [broken.statuses(stream)[-1] for stream in (ORDER, LINES)] == ["INCOMPLETE"] * 2
        resumed = source.call("read", config=config, catalog=catalog, state=broken.state())
        assert_well_formed(resumed, ORDER, LINES)
        compare([broken, resumed], instance)


SWITCHES = [
    ("max_page", 1, {}),
    ("max_page", 2, {"page_size": 5}),
    ("row_number", "list", {"page_size": 3}),
    ("links", False, {}),
    ("openapi", "2.0", {}),
    ("select_ignored", [ORDER], {}),
    ("select_fails", {ORDER: ["Description"]}, {}),
    ("header_touch", True, {}),
    ("server_zone", "America/New_York", {}),
    ("delegates", {ORDER: {"Details": "Transactions"}}, {}),
    ("delegates", {ORDER: {"Details+TaxDetails": "Transactions"}}, {}),
    ("delegates", {ORDER: {"Details/LineDescription": "Transactions"}}, {}),
    ("silent_empty", [ORDER], {}),
    ("view_crossing_empty", [ORDER], {}),
    ("conflict_409", False, {}),
    ("relogin", "same", {"concurrency_level": 2}),
]


@pytest.mark.parametrize(("switch", "position", "settings"), SWITCHES)
def test_every_line_arrives_as_it_stands(instance, source, switch, position, settings):
    instance.switches.set(switch, position)
    source.url = instance.url
    read_twice(instance, source, *GROUP[:3], **settings)


@pytest.mark.parametrize(
    ("endpoint", "version"), [("Default", "20.200.001"), ("Default", "26.200.001"), ("eCommerce", "26.200.001")]
)
def test_lines_arrive_over_other_versions_and_contracts(instance, tmp_path, waiting, endpoint, version):
    instance.switches.contract5 = True
    instance.switches.openapi = "2.0" if version < "22" else "3.0.1"
    read_twice(
        instance, ExactSource(instance.url, tmp_path), ORDER, LINES, endpoint_name=endpoint, endpoint_version=version
    )


@pytest.mark.parametrize(
    ("endpoint", "entity", "detail"),
    [
        ("Default", "StockItem", "Attributes"),
        ("Default", "StockItem", "WarehouseDetails"),
        ("Default", "Customer", "Attributes"),
        ("Default", "Contact", "Attributes"),
        ("Default", "JournalTransaction", "Details"),
        ("eCommerce", "SalesOrder", "Details"),
        ("MANUFACTURING", "BillOfMaterial", "Operations"),
        ("MANUFACTURING", "ProductionOrderDetail", "Operations"),
    ],
)
def test_details_of_all_endpoints_are_read_whole(instance, source, endpoint, entity, detail):
    there = lines(instance, entity, detail, endpoint=endpoint)
    stream = f"{entity}_{detail}"
    result = source.read(stream, endpoint_name=endpoint)
    assert_well_formed(result, stream)
    assert_same(there, union([result], stream))


def test_details_can_stay_in_their_records(instance, tmp_path, waiting):
    asker = ExactSource(instance.url, tmp_path)
    (asker.catalogs[""],) = asker.discover(details="nested").of("CATALOG")
    assert not any(stream["name"].startswith(f"{ORDER}_") for stream in asker.catalogs[""]["streams"])
    result = asker.read(f"{ORDER}:incremental")
    assert_same(rows(instance, ORDER), union([result], ORDER))


def test_a_full_refresh_that_broke_off_is_resumed_for_all_of_the_family(instance, source):
    """The server fails later in each attempt, so once behind the older orders and before the newest."""
    for number, row in enumerate(list(instance.store().rows(ORDER))):
        key = [row.values["OrderType"], row.values["OrderNbr"]]
        instance.store().update(ORDER, key, {}, stamp=datetime(2020 + number % 6, 3, 1 + number % 20))
    catalog, config = source.catalog(ORDER, LINES), source.config(page_size=2)
    results: list[Result] = []
    while not results or results[-1].code:
        instance.faults.clear()
        instance.faults.add("status", method="GET", entity=ORDER, nth=4 + len(results), times=50, status=403)
        state = results[-1].state() if results else None
        results.append(source.call("read", config=config, catalog=catalog, state=state))
        assert_well_formed(results[-1], ORDER, LINES)
    instance.faults.clear()
    states = [state["stream"]["stream_state"] for result in results for state in result.state()]
    assert any(state.get("full_refresh") for state in states[:-2])
    assert states[-2:] == [{"__ab_no_cursor_state_message": True}] * 2
    compare(results, instance)


def test_a_full_refresh_reads_document_and_lines_together(instance, source):
    result = source.read(ORDER, LINES)
    assert_well_formed(result, ORDER, LINES)
    compare([result], instance)
    assert all(state["stream"]["stream_state"] == {"__ab_no_cursor_state_message": True} for state in result.state())
