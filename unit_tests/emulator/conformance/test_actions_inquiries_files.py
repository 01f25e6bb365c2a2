"""Actions and their long operations, inquiries, and the files of records."""

from __future__ import annotations

import json

import pytest

from unit_tests.emulator.conformance.conftest import (
    CANNOT_OPTIMIZE,
    NO_ENTITY,
    assert_failed,
    below_site,
    insert,
    raw,
    read_json,
    wrapped,
)

NUMBER = {"OrderType": {"value": "SO"}, "OrderNbr": {"value": "SO000003"}}
BODY = {"entity": NUMBER}
SHIP = "SalesOrder/SalesOrderCreateShipment"
BUSY = "A long operation is running for this screen in the current session. Please try again later."


def begin(client, action=SHIP, body=BODY):
    """Begins a long operation, and returns the place to ask for it."""
    response = client.entity("POST", action, body)
    assert (response.status, response.body) == (202, b"")
    return below_site(client, response.header("Location"))


def end(client, place):
    """The statuses of the polls until the operation is no longer running."""
    seen = []
    while not seen or seen[-1] == 202:
        seen.append(client.send("GET", place).status)
    return seen


def status_of(client, path="SalesOrder/SO/SO000003"):
    return client.get(path)["Status"]["value"]


@pytest.fixture
def open_client(open_small_client):
    return open_small_client


# --- actions (Integration Development Guide 2026 R1; live on build 26.101)


@pytest.mark.parametrize("parameters", [..., {}, {"Unknown": {"value": 1}}])
def test_an_action_may_go_without_parameters(client, parameters):
    body = BODY if parameters is ... else {**BODY, "parameters": parameters}
    response = client.entity("POST", "SalesOrder/CancelSalesOrder", body)
    assert (response.status, response.body) == (204, b"")
    assert status_of(client) == "Canceled"


@pytest.mark.parametrize("by", ["keys", "id"])
def test_the_record_of_an_action_is_named_by_its_keys_or_its_id(client, by):
    body = BODY if by == "keys" else {"entity": {"id": client.get("SalesOrder/SO/SO000003")["id"]}}
    assert client.entity("POST", "SalesOrder/CancelSalesOrder", body).status == 204
    assert status_of(client) == "Canceled"


@pytest.mark.parametrize("polls", [1, 2, 5])
def test_a_long_operation_is_202_while_it_runs_and_204_when_it_is_done(open_client, polls):
    client = open_client(action_polls=polls, seats=2)
    place, mine = begin(client), dict(client.cookies)
    client.log_in()  # the form is closed to the session of the operation
    assert status_of(client) != "Shipping"
    client.cookies = mine
    assert end(client, place) == [202] * polls + [204]
    assert status_of(client) == "Shipping"


def test_the_place_of_an_operation_names_entity_action_and_a_guid(client):
    head, _, id = begin(client).rpartition("/")
    assert head == f"/entity/{client.endpoint}/{SHIP}/status"
    assert len(id) == 36


def test_another_session_does_not_know_the_operation(open_client):
    client = open_client(seats=2)
    place, mine = begin(client), dict(client.cookies)
    client.log_in()
    assert client.send("GET", place).status == 404
    client.cookies = mine
    assert end(client, place)[-1] == 204


@pytest.mark.parametrize(("newer", "status"), [(True, 409), (False, 500)])
def test_one_form_runs_one_long_operation_in_a_session(open_client, newer, status):
    """The 409 is declared since 2025 R2; older builds fail in an undocumented way."""
    client = open_client(conflict_409=newer)
    place = begin(client)
    refused, body = client.refused("POST", SHIP, {"entity": wrapped(OrderNbr="SO000005")})
    assert refused == status
    assert BUSY in (body["message"], body.get("exceptionMessage"))
    end(client, place)
    assert client.entity("POST", SHIP, {"entity": wrapped(OrderNbr="SO000005")}).status == 202


def test_another_form_and_another_session_are_not_held_up(open_client):
    client = open_client(seats=2)
    begin(client)
    key = client.get("Invoice", top=1)[0]["ReferenceNbr"]["value"]
    assert client.entity("POST", "Invoice/ReleaseInvoice", {"entity": wrapped(ReferenceNbr=key)}).status in (202, 500)
    client.log_in()
    assert client.entity("POST", SHIP, {"entity": wrapped(OrderNbr="SO000005")}).status == 202


@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_failed_operation_shows_at_the_poll_and_has_changed_nothing(open_client, status):
    client = open_client(action_failure="Error: The period is closed.", action_failure_status=status)
    before = status_of(client)
    place = begin(client)
    assert end(client, place) == [202, status]
    assert status_of(client) == before


def test_a_finished_operation_is_forgotten(client):
    place = begin(client)
    end(client, place)
    assert client.send("GET", place).status == 404


@pytest.mark.parametrize("name", ["Nonsense", "cancelsalesorder", "ReleaseBill", "status"])
def test_an_action_the_entity_does_not_have_is_404(client, name):
    assert client.refused("POST", f"SalesOrder/{name}", BODY)[0] == 404


@pytest.mark.parametrize("body", [{}, {"parameters": {}}, {"entity": "SO000003"}, {"entity": [NUMBER]}])
def test_an_action_without_its_entity_is_400(client, body):
    assert client.refused("POST", "SalesOrder/CancelSalesOrder", body)[0] == 400


def test_an_action_on_a_record_that_is_not_there_misses_like_a_read(client):
    body = {"entity": wrapped(OrderNbr="NONE")}
    assert_failed(client.refused("POST", "SalesOrder/CancelSalesOrder", body), NO_ENTITY, "No entity satisfies")


def test_a_button_that_is_grayed_out_is_an_exception(client):
    client.entity("POST", "SalesOrder/CancelSalesOrder", BODY)
    assert_failed(client.refused("POST", "SalesOrder/CancelSalesOrder", BODY), "PX.Data.PXException", "is disabled")


def test_an_action_needs_a_session_at_the_start_and_at_every_poll(open_client):
    client = open_client(action_polls=3)
    place = begin(client)
    client.log_out()
    assert client.send("GET", place).status == 401
    assert client.refused("POST", SHIP, BODY)[0] == 401


def test_every_action_of_the_published_document_is_known(client, catalog_of):
    entities = catalog_of("Default-24.200.001")["entities"]
    for entity, described in entities.items():
        for action in described.get("actions") or []:
            assert client.entity("POST", f"{entity}/{action}", {}).status == 400, (entity, action)


# --- inquiries


@pytest.mark.parametrize("body", [{}, wrapped(InventoryID="BRACKE0000"), wrapped(WarehouseID="MAIN")])
def test_an_inquiry_is_a_put_that_answers_one_object(client, body):
    answer = read_json(client.entity("PUT", "InventorySummaryInquiry", body, expand="Results"))
    assert isinstance(answer, dict)
    assert isinstance(answer["Results"], list)
    for name, value in body.items():
        assert answer[name] == value


def test_the_results_only_come_when_they_are_asked_for(client):
    assert "Results" not in client.put("InventorySummaryInquiry", {"InventoryID": "BRACKE0000"})


def test_stock_asked_for_by_warehouse_alone_is_empty_and_its_rows_name_no_item(client):
    """Live on build 26.101."""
    assert client.put("InventorySummaryInquiry", {"WarehouseID": "MAIN"}, expand="Results")["Results"] == []
    rows = client.put("InventorySummaryInquiry", {"InventoryID": "BRACKE0000"}, expand="Results")["Results"]
    assert rows
    assert all(not row.get("InventoryID") for row in rows)


def test_an_inquiry_saves_nothing_and_stays_not_listable(client):
    for _ in range(2):
        client.put("InventorySummaryInquiry", {"InventoryID": "BRACKE0000"})
    assert_failed(
        client.refused("GET", "InventorySummaryInquiry"), CANNOT_OPTIMIZE, "Optimization cannot be performed."
    )


def test_the_published_inquiries_are_asked_and_not_listed(client, shared):
    path = shared / "catalog" / "inquiries.json"
    if not path.is_file():
        pytest.skip("the published list is not here")
    for entity, described in json.loads(path.read_text())["endpoints"]["Default"].items():
        if described["class"] == "inquiry" and "24.200.001" in described["versions"]:
            assert client.entity("GET", entity).status == 500, entity
            assert client.entity("PUT", entity, {}, expand=",".join(described["detail"] or [])).status == 200, entity


# --- files


def put_file(client, path, name, content=b"data", **headers):
    link = client.get(path)["_links"]["files:put"].replace("{filename}", name)
    return client.send("PUT", below_site(client, link), content, headers)


def files_of(client, path="StockItem/BRACKE0000"):
    return client.get(path, expand="files")["files"]


@pytest.mark.parametrize("content", [b"\x00\xff\x80", b"", b"{}", "Grüße".encode(), b"x" * 100_000])
def test_a_file_comes_back_byte_for_byte(client, content):
    response = put_file(client, "StockItem/BRACKE0000", "a.bin", content)
    assert (response.status, response.body) == (204, b"")
    (file,) = files_of(client)
    answer = client.send("GET", below_site(client, file["href"]))
    assert (answer.status, answer.body) == (200, content)
    assert answer.header("content-type") == "application/octet-stream"


def test_the_answer_to_a_file_shows_where_it_can_be_read(client):
    place = put_file(client, "StockItem/BRACKE0000", "a.txt").header("Location")
    assert place == files_of(client)[0]["href"]


@pytest.mark.parametrize("second", ["a.txt", "A.TXT"])
def test_the_same_name_is_a_new_revision(client, second):
    put_file(client, "StockItem/BRACKE0000", "a.txt", b"one")
    before = files_of(client)[0]["id"]
    put_file(client, "StockItem/BRACKE0000", second, b"two")
    (file,) = files_of(client)
    assert file["id"] == before
    assert client.send("GET", below_site(client, file["href"])).body == b"two"


def test_the_older_form_names_the_record_by_its_keys_and_not_by_its_id(client):
    assert client.entity("PUT", "SalesOrder/SO/SO000003/files/po.pdf", b"x").status == 204
    id = client.get("SalesOrder/SO/SO000003")["id"]
    assert client.refused("PUT", f"SalesOrder/{id}/files/po.pdf", b"x")[0] == 404
    assert len(files_of(client, "SalesOrder/SO/SO000003")) == 1


def test_a_file_of_one_record_is_not_a_file_of_another(client):
    put_file(client, "StockItem/BRACKE0000", "a.txt")
    assert files_of(client, "StockItem/VALVE0001") == []


def test_with_a_select_the_files_have_to_be_selected_too(client):
    put_file(client, "StockItem/BRACKE0000", "a.txt")
    row = client.get("StockItem/BRACKE0000", select="InventoryID,files", expand="files")
    assert len(row["files"]) == 1


@pytest.mark.parametrize(("comment", "kept"), [("front view", "front view"), ("x" * 600, "x" * 500)])
def test_a_comment_of_a_file_has_at_most_500_signs(client, comment, kept):
    put_file(client, "StockItem/BRACKE0000", "a.txt", **{"PX-CbFileComment": comment})
    assert files_of(client)[0]["comment"] == kept


def test_a_name_with_blanks_and_umlauts_is_kept(client):
    put_file(client, "StockItem/BRACKE0000", "Maß%20blatt.pdf")
    assert files_of(client)[0]["filename"].endswith("\\Maß blatt.pdf")


def test_a_file_no_one_put_is_404(client):
    path = f"/entity/{client.endpoint}/files/00000000-0000-0000-0000-000000000000"
    assert raw(client, "GET", path).status == 404


def test_a_file_stays_when_its_record_changes(client):
    put_file(client, "StockItem/BRACKE0000", "a.txt")
    client.put("StockItem", {"InventoryID": "BRACKE0000", "Description": "Other"})
    assert len(files_of(client)) == 1


def test_a_new_record_has_no_files_of_a_deleted_one(client):
    insert(client, "Ledger", {"LedgerID": "F", "Description": "x"})
    put_file(client, "Ledger/F", "a.txt")
    client.entity("DELETE", "Ledger/F")
    client.instance.clock.tick(1)
    client.put("Ledger", {"LedgerID": "F", "Description": "x"})
    assert files_of(client, "Ledger/F") == []
