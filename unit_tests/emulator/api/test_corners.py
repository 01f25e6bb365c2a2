"""The corners of the instance that no other test walks into."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from acumatica_emulator import Emulator
from acumatica_emulator.seed import World
from acumatica_emulator.seed.bulk_orders import BulkOrders
from acumatica_emulator.site.http import Request
from acumatica_emulator.site.oauth import CLIENT, SECRET


def test_the_instance_has_a_document_of_its_own(open_client):
    client = open_client(signed_in=False)
    tree = json.loads(client.send("GET", "/entity/swagger.json").body)
    assert {"/auth/login", "/auth/logout"} <= set(tree["paths"])
    client.instance.behavior.openapi = "2.0"
    assert json.loads(client.send("GET", "/entity/swagger.json").body)["swagger"] == "2.0"


def test_a_page_that_does_not_exist_is_a_web_page(client):
    for path in ("/Main", "/identity", "/Frames"):
        assert client.send("GET", path).status == 404


def test_who_a_token_belongs_to_is_reported_only_to_openid(open_client):
    client = open_client(signed_in=False)

    def token(scope):
        form = f"client_id={CLIENT}%40Company&client_secret={SECRET}&grant_type=password&username=admin&password=secret"
        body = f"{form}&scope={scope}".encode()
        return json.loads(client.send("POST", "/identity/connect/token", body).body)["access_token"]

    def answered(access):
        return client.send("GET", "/identity/connect/userinfo", headers={"Authorization": f"Bearer {access}"})

    assert json.loads(answered(token("api+openid")).body) == {"sub": "admin@Company"}
    assert answered(token("api")).status == 401
    assert answered("nonsense").status == 401


def test_credentials_that_are_no_object_are_400(open_client):
    client = open_client(signed_in=False)
    assert client.send("POST", "/entity/auth/login", [1]).status == 400
    assert client.send("POST", "/entity/auth/login", b"{").status == 400


def test_a_client_that_varies_its_choice_does_not_fill_the_memory(client):
    fields = ["CustomerName", "Status", "Terms", "ShipVia", "TaxZone", "Email"]
    for name in fields:
        assert name in client.get("Customer", select=name)[0]
    row = next(iter(client.instance.tenants["Company"].table("Customer")))
    assert len(row.rendered) <= 4


def test_compiled_filters_and_choices_are_kept_within_limits(client):
    for at in range(300):
        client.get("Ledger", filter=f"LedgerID eq '{at}'", select="LedgerID", expand="Branches" if at % 2 else "")
    assert len(client.instance.router.compiled.conditions) <= 257


def test_a_scalar_cannot_be_expanded(client):
    assert client.refused("GET", "Customer", expand="CustomerName")[0] == 500


def test_an_option_that_cannot_be_read_is_a_500(client):
    assert client.refused("GET", "Customer", custom="NoView")[0] == 500


def test_a_process_is_run_without_a_record(client):
    response = client.entity("POST", "EmailProcessing/ProcessEmailProcessing", {"entity": {}, "parameters": {}})
    assert response.status == 202
    assert client.send("GET", response.header("Location").removeprefix("/AcumaticaERP")).status == 202
    assert client.send("GET", response.header("Location").removeprefix("/AcumaticaERP")).status == 204


def test_an_action_without_an_effect_is_done_all_the_same(client):
    order = {"entity": {"OrderNbr": {"value": "SO000003"}}}
    before = client.get("SalesOrder/SO/SO000003")
    assert client.entity("POST", "SalesOrder/AutoRecalculateDiscounts", order).status == 204
    assert client.get("SalesOrder/SO/SO000003") == before


def test_an_operation_on_a_record_that_was_deleted_meanwhile_ends_quietly(client):
    order = {"entity": {"OrderNbr": {"value": "SO000003"}}}
    response = client.entity("POST", "SalesOrder/ReleaseFromCreditHoldSalesOrder", order)
    client.entity("DELETE", "SalesOrder/SO/SO000003")
    place = (response.header("Location") or "").removeprefix("/AcumaticaERP")
    assert [client.send("GET", place).status for _ in range(2)] == [202, 204]


def test_a_file_for_a_record_that_is_not_there_is_the_usual_500(client):
    path = f"/entity/{client.endpoint}/files/PX.Objects.X/Document/00000000-0000-0000-0000-000000000000/a.txt"
    assert client.send("PUT", path, b"x").status == 500
    assert client.send("POST", path, b"x").status == 404


def test_moving_rows_of_an_entity_without_rows_moves_none(client):
    client.instance.faults.add("row_leaves", entity="ShopifyStore")
    assert client.get("ShopifyStore") == []


def test_a_user_without_write_rights_may_not_delete(open_client):
    client = open_client(read_only=["Customer"])
    assert client.refused("DELETE", "Customer/ALPIN0000")[0] == 403


def test_a_key_of_another_type_means_a_new_record(client):
    status, _ = client.refused("PUT", "Contact", {"ContactID": {"value": "seven"}, "LastName": {"value": "x"}})
    assert status == 400


@pytest.mark.parametrize("key", ["SO/XX000001", "SO/SO9999999", "QT/SO000001", "SO"])
def test_a_bulk_has_only_its_own_keys(open_client, key):
    assert open_client(scale=100).refused("GET", f"SalesOrder/{key}")[0] == 500


def test_a_bulk_looks_up_only_what_it_has():
    bulk = BulkOrders(World(1, "Company"), 100)
    assert bulk.index_of_id("not-a-number") is None
    assert bulk.within([("CreatedDate", "gt", datetime(2020, 1, 1))]) is None


def test_an_emulator_can_be_asked_before_it_starts_and_after_it_stopped():
    emulator = Emulator(now=datetime(2026, 1, 1), seats=1)
    emulator.tick(60)
    assert emulator.now == datetime(2026, 1, 1, 0, 1)
    emulator.instance.answer(Request("GET", "/AcumaticaERP/entity"))
    assert emulator.report().requests == len(emulator.calls) == 1
    assert emulator.stop().defects == []
    assert [row["LedgerID"] for row in emulator.records("Ledger")] == ["ACTUAL", "BUDGET"]
    assert emulator.faults.all_used
