"""Tables, bulks, and what a fresh tenant holds."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from acumatica_emulator import catalog
from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.rules import RULES
from acumatica_emulator.records.tables import DuplicateKey, Table
from acumatica_emulator.seed import BUSINESS, SETUP, World, seeded
from acumatica_emulator.seed.bulk_orders import BulkOrders
from acumatica_emulator.site.tenants import keys_of

WORLD = World(7, "Company")
CONTRACTS = [catalog.load(*known) for known in catalog.BASES]


def row(key, **values):
    return Row(f"id-{key}", {"Key": key, **values})


def table(*keys):
    return Table(("Key",), lambda: [row(key) for key in keys])


def keys(known):
    return [entry.values["Key"] for entry in known]


# --- tables


def test_rows_stand_in_key_order_whatever_order_they_came_in():
    known = table("b", "C", "a")
    known.insert(row("B2"))
    assert keys(known) == ["a", "b", "B2", "C"]


def test_a_key_is_found_without_regard_to_case_and_trailing_blanks():
    assert table("Ab").find(("aB  ",)).id == "id-Ab"


def test_a_key_can_stand_only_once():
    with pytest.raises(DuplicateKey):
        table("a").insert(row("A"))


def test_a_row_that_is_replaced_may_change_its_key():
    known = table("a", "b")
    twin = known.find(("a",)).copy()
    twin.values["Key"] = "z"
    known.replace(known.find(("a",)), twin)
    assert keys(known) == ["b", "z"]
    assert known.find(("a",)) is None
    assert known.by_id("id-a").values["Key"] == "z"


def test_a_table_is_seeded_when_it_is_first_looked_at():
    asked = []
    known = Table(("Key",), lambda: asked.append(1) or [row("a")])
    assert asked == []
    assert len(known) == len(known) == 1
    assert asked == [1]


def test_rows_without_keys_keep_the_order_of_their_arrival():
    known = Table((), lambda: [Row("x"), Row("y")])
    known.insert(Row("a"))
    assert [entry.id for entry in known] == ["x", "y", "a"]
    twin = known.by_id("y").copy()
    known.replace(known.by_id("y"), twin)
    assert [entry.id for entry in known] == ["x", "y", "a"]


def test_a_copy_shares_nothing_that_can_change():
    original = row("a")
    original.lines("Lines").append(row("l"))
    original.link("Part").values["x"] = 1
    twin = original.copy()
    twin.lines("Lines")[0].values["Key"] = "changed"
    twin.link("Part").values["x"] = 2
    assert original.lines("Lines")[0].values["Key"] == "l"
    assert original.link("Part").values["x"] == 1


# --- bulks


@pytest.fixture(scope="module")
def bulk():
    return BulkOrders(WORLD, 5000)


def test_a_bulk_row_is_the_same_however_it_is_reached(bulk):
    for index in (0, 64, 4999):
        made = bulk.make(index)
        assert bulk.index_of_id(made.id) == index
        assert bulk.key(index) == ("SO", made.values["OrderNbr"])
        assert bulk.light(index).modified == made.modified
    assert bulk.index_of_id("ffffffff-0000-0000-0000-000000000000") is None


def test_every_bulk_row_has_ids_of_its_own(bulk):
    ids = {child.id for index in range(300) for made in [bulk.make(index)] for child in (made, *made.children())}
    assert len(ids) == sum(1 + len(list(bulk.make(index).children())) for index in range(300))


def test_the_windows_of_a_bulk_are_what_a_look_at_every_row_gives(bulk):
    start, end = datetime(2021, 1, 1), datetime(2021, 3, 1)
    for low, high in (("ge", "lt"), ("gt", "le")):
        found = bulk.within([("LastModified", low, start), ("LastModified", high, end)])
        slow = [
            i
            for i in range(5000)
            if (start < bulk.modified(i) <= end or bulk.modified(i) == start) and bulk.modified(i) != end
        ]
        assert found == slow
    tie = bulk.modified(17)
    assert bulk.within([("LastModified", "eq", tie)]) == [i for i in range(5000) if bulk.modified(i) == tie]
    assert bulk.within([("Date", "ge", start)]) is None


@pytest.fixture
def big(open_client):
    return open_client(scale=5000)


def test_a_page_of_a_bulk_is_what_the_keyed_read_shows(big):
    for query in ({}, {"expand": "Details,Totals,ShipToAddress"}, {"select": "OrderNbr,LastModified,CreatedDate"}):
        rows = big.get("SalesOrder", top=3, skip=1234, **query)
        for shown in rows:
            assert big.get(f"SalesOrder/SO/{shown['OrderNbr']['value']}", **query) == {**shown, "rowNumber": 1}


def test_a_bulk_can_be_filtered_written_and_deleted_from(big):
    assert len(big.get("SalesOrder", select="OrderNbr")) == 5000
    window = "LastModified ge datetimeoffset'2022-01-01' and LastModified lt datetimeoffset'2022-02-01'"
    inside = big.keys("SalesOrder", "OrderNbr", filter=window)
    assert 40 < len(inside) < 80
    assert inside == sorted(inside)
    big.put("SalesOrder", {"OrderNbr": inside[0], "Description": "Changed"})
    assert big.entity("DELETE", f"SalesOrder/SO/{inside[1]}").status == 204
    assert big.keys("SalesOrder", "OrderNbr", filter=window) == inside[2:]
    assert big.keys("SalesOrder", "OrderNbr", filter="Description eq 'Changed'") == [inside[0]]
    new = big.put("SalesOrder", {"CustomerID": "ALPIN0000"})["OrderNbr"]["value"]
    assert big.keys("SalesOrder", "OrderNbr")[-1] == new


def test_a_million_orders_hold_up_nothing(open_client):
    client = open_client(scale=1_000_000)
    assert client.keys("SalesOrder", "OrderNbr", skip=999_998) == ["SO0999999", "SO1000000"]


# --- seeds


def test_the_same_seed_gives_the_same_rows_whatever_was_asked_first(open_client):
    first, second = open_client(), open_client()
    second.get("Customer")
    assert first.get("SalesOrder", top=5, expand="Details") == second.get("SalesOrder", top=5, expand="Details")


def test_another_tenant_has_other_ids():
    one, other = (next(iter(seeded(World(7, name), "Customer"))) for name in ("A", "B"))
    assert one.id != other.id
    assert one.values == other.values


def assert_known(seed, kinds, path):
    """Every value, part and line of a seeded row stands in some version of the contract."""
    for name in seed.values:
        assert any(name in contract.types[kind].fields for contract, kind in kinds), (path, name)
    for group in ("linked", "details"):
        for name, parts in getattr(seed, group).items():
            inner = [(c, getattr(c.types[k], group)[name]) for c, k in kinds if name in getattr(c.types[k], group)]
            assert inner, (path, name)
            for part in parts if isinstance(parts, list) else [parts]:
                assert_known(part, inner, f"{path}.{name}")


@pytest.mark.parametrize("entity", sorted({**SETUP, **BUSINESS}))
def test_a_seeded_row_has_only_members_of_the_contract(entity):
    kinds = [(contract, entity) for contract in CONTRACTS if entity in contract.types]
    rows = list(seeded(WORLD, entity))
    assert rows
    for seed in rows[:10]:
        assert_known(seed, kinds, entity)


@pytest.mark.parametrize("entity", sorted(set(RULES) & {*SETUP, *BUSINESS}))
def test_a_seeded_row_refers_only_to_rows_that_are_there(open_client, entity):
    tenant = open_client(signed_in=False).instance.tenants["Company"]
    for path, targets in RULES[entity].references.items():
        detail, dot, name = path.rpartition(".")
        for seed in tenant.table(entity):
            for holder in seed.details.get(detail, ()) if dot else (seed,):
                code = holder.values.get(name)
                assert code is None or tenant.exists(targets, code), (entity, path, code)


def test_every_seeded_key_stands_once():
    for entity in {**SETUP, **BUSINESS}:
        names = keys_of(entity)
        found = [tuple(seed.values[name] for name in names) for seed in seeded(WORLD, entity)]
        assert len(found) == len(set(found)), entity


def test_the_stamps_have_ties_and_gaps_and_end_before_today():
    stamps = [seed.modified for seed in seeded(WORLD, "Customer")]
    known = [stamp for stamp in stamps if stamp]
    assert 1 <= stamps.count(None) <= 5
    assert len(set(known)) < len(known)
    assert max(known) < datetime(2026, 1, 1)
    assert max(known) - min(known) > timedelta(days=5 * 365)


def test_seeded_totals_are_what_the_rules_work_out():
    for order in list(seeded(WORLD, "SalesOrder"))[:20]:
        lines = order.details["Details"]
        assert order.values["OrderTotal"] == sum(line.values["Amount"] for line in lines)
        assert all(isinstance(line.values["Amount"], Decimal) for line in lines)


# --- contract 5


@pytest.fixture
def newest(open_client):
    return open_client(contract5=True, endpoint="Default/26.200.001")


def test_contract_5_is_served_only_by_the_newest_build(open_client):
    assert open_client(endpoint="Default/26.200.001").refused("GET", "Customer")[0] == 404
    client = open_client(contract5=True)
    root = json.loads(client.send("GET", "/entity").body)
    assert {"name": "eCommerce", "version": "26.200.001", "href": "/AcumaticaERP/entity/eCommerce/26.200.001/"} in root[
        "endpoints"
    ]
    assert root["features"] == []
    assert json.loads(client.send("GET", "/entity/Default/26.200.001/swagger.json").body)["info"]["version"] == "5"


def test_contract_5_renamed_the_cursor_of_the_same_order(newest):
    order = newest.get("SalesOrder/SO/SO000003")
    assert "LastModified" not in order
    newest.endpoint = "Default/25.200.001"
    assert newest.get("SalesOrder/SO/SO000003")["LastModified"] == order["LastModifiedDateTime"]


def test_contract_5_nests_its_options_and_speaks_bare_literals(newest):
    rows = newest.get(
        "Customer",
        filter="LastModifiedDateTime gt 2020-01-01T00:00:00Z and contains(CustomerName,'foods')",
        expand="MainContact($select=Email;$expand=Address($select=City))",
        select="CustomerID,MainContact",
    )
    assert rows
    assert set(rows[0]["MainContact"]) == {"id", "rowNumber", "note", "Email", "Address", "custom"}


def test_contract_5_selects_custom_fields_beside_the_others(newest):
    row = newest.get("StockItem", top=1, select="*,ItemSettings.UsrShelfLife")[0]
    assert row["custom"]["ItemSettings"]["UsrShelfLife"]["type"] == "CustomIntField"
    assert "Description" in row


def test_contract_5_has_dates_without_a_time_and_drop_downs_with_a_label(newest):
    entity = next(e for e in catalog.load("Default", "26.200.001").top() if {"pick", "date"} <= set(e.fields.values()))
    pick, day = (next(name for name, kind in entity.fields.items() if kind == wanted) for wanted in ("pick", "date"))
    body = {pick: {"value": {"id": "OP"}}, day: {"value": "2026-09-09"}}
    answer = json.loads(newest.entity("PUT", entity.name, body).body)
    assert answer[pick] == {"value": {"id": "OP", "description": "Open"}}
    assert answer[day] == {"value": "2026-09-09"}


def test_contract_5_wants_the_type_of_a_custom_field(newest):
    custom = {"BAccount": {"UsrLoyaltyTier": {"value": "IRON"}}}
    body = {"CustomerID": {"value": "ALPIN0000"}, "custom": custom}
    assert newest.refused("PUT", "Customer", body)[0] == 400
