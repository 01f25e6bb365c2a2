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
    told,
    wrapped,
)

NUMBER = {"OrderType": {"value": "SO"}, "OrderNbr": {"value": "SO000003"}}
BODY = {"entity": NUMBER}
SHIP = "SalesOrder/SalesOrderCreateShipment"
BUSY = "A long operation is running for this screen in the current session. Please try again later."


def begin(door, action=SHIP, body=BODY):
    """Begins a long operation, and returns the place to ask for it."""
    response = door.entity("POST", action, body)
    assert (response.status, response.body) == (202, b"")
    return below_site(door, response.header("Location"))


def end(door, place):
    """The statuses of the polls until the operation is no longer running."""
    seen = []
    while not seen or seen[-1] == 202:
        seen.append(door.send("GET", place).status)
    return seen


def status_of(door, path="SalesOrder/SO/SO000003"):
    return door.get(path)["Status"]["value"]


@pytest.fixture
def open_door(open_small_door):
    return open_small_door


# --- actions (Integration Development Guide 2026 R1; live on build 26.101)


@pytest.mark.parametrize("parameters", [..., {}, {"Unknown": {"value": 1}}])
def test_an_action_may_go_without_parameters(door, parameters):
    body = BODY if parameters is ... else {**BODY, "parameters": parameters}
    response = door.entity("POST", "SalesOrder/CancelSalesOrder", body)
    assert (response.status, response.body) == (204, b"")
    assert status_of(door) == "Canceled"


@pytest.mark.parametrize("by", ["keys", "id"])
def test_the_record_of_an_action_is_named_by_its_keys_or_its_id(door, by):
    body = BODY if by == "keys" else {"entity": {"id": door.get("SalesOrder/SO/SO000003")["id"]}}
    assert door.entity("POST", "SalesOrder/CancelSalesOrder", body).status == 204
    assert status_of(door) == "Canceled"


@pytest.mark.parametrize("polls", [1, 2, 5])
def test_a_long_operation_is_202_while_it_runs_and_204_when_it_is_done(open_door, polls):
    door = open_door(action_polls=polls, seats=2)
    place, mine = begin(door), dict(door.cookies)
    door.log_in()  # the form is closed to the session of the operation
    assert status_of(door) != "Shipping"
    door.cookies = mine
    assert end(door, place) == [202] * polls + [204]
    assert status_of(door) == "Shipping"


def test_the_place_of_an_operation_names_entity_action_and_a_guid(door):
    head, _, id = begin(door).rpartition("/")
    assert head == f"/entity/{door.endpoint}/{SHIP}/status"
    assert len(id) == 36


def test_another_session_does_not_know_the_operation(open_door):
    door = open_door(seats=2)
    place, mine = begin(door), dict(door.cookies)
    door.log_in()
    assert door.send("GET", place).status == 404
    door.cookies = mine
    assert end(door, place)[-1] == 204


@pytest.mark.parametrize(("newer", "status"), [(True, 409), (False, 500)])
def test_one_form_runs_one_long_operation_in_a_session(open_door, newer, status):
    """The 409 is declared since 2025 R2; older builds fail in a way nobody wrote down."""
    door = open_door(conflict_409=newer)
    place = begin(door)
    refused, body = door.refused("POST", SHIP, {"entity": wrapped(OrderNbr="SO000005")})
    assert refused == status
    assert BUSY in (body["message"], body.get("exceptionMessage"))
    end(door, place)
    assert door.entity("POST", SHIP, {"entity": wrapped(OrderNbr="SO000005")}).status == 202


def test_another_form_and_another_session_are_not_held_up(open_door):
    door = open_door(seats=2)
    begin(door)
    key = door.get("Invoice", top=1)[0]["ReferenceNbr"]["value"]
    assert door.entity("POST", "Invoice/ReleaseInvoice", {"entity": wrapped(ReferenceNbr=key)}).status in (202, 500)
    door.log_in()
    assert door.entity("POST", SHIP, {"entity": wrapped(OrderNbr="SO000005")}).status == 202


@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_failed_operation_tells_at_the_poll_and_has_changed_nothing(open_door, status):
    door = open_door(action_failure="Error: The period is closed.", action_failure_status=status)
    before = status_of(door)
    place = begin(door)
    assert end(door, place) == [202, status]
    assert status_of(door) == before


def test_a_finished_operation_is_forgotten(door):
    place = begin(door)
    end(door, place)
    assert door.send("GET", place).status == 404


@pytest.mark.parametrize("name", ["Nonsense", "cancelsalesorder", "ReleaseBill", "status"])
def test_an_action_the_entity_does_not_have_is_404(door, name):
    assert door.refused("POST", f"SalesOrder/{name}", BODY)[0] == 404


@pytest.mark.parametrize("body", [{}, {"parameters": {}}, {"entity": "SO000003"}, {"entity": [NUMBER]}])
def test_an_action_without_its_entity_is_400(door, body):
    assert door.refused("POST", "SalesOrder/CancelSalesOrder", body)[0] == 400


def test_an_action_on_a_record_that_is_not_there_misses_like_a_read(door):
    body = {"entity": wrapped(OrderNbr="NONE")}
    assert_failed(door.refused("POST", "SalesOrder/CancelSalesOrder", body), NO_ENTITY, "No entity satisfies")


def test_a_button_that_is_grayed_out_is_an_exception(door):
    door.entity("POST", "SalesOrder/CancelSalesOrder", BODY)
    assert_failed(door.refused("POST", "SalesOrder/CancelSalesOrder", BODY), "PX.Data.PXException", "is disabled")


def test_an_action_needs_a_session_at_the_start_and_at_every_poll(open_door):
    door = open_door(action_polls=3)
    place = begin(door)
    door.log_out()
    assert door.send("GET", place).status == 401
    assert door.refused("POST", SHIP, BODY)[0] == 401


def test_every_action_of_the_published_document_is_known(door, catalog_of):
    entities = catalog_of("Default-24.200.001")["entities"]
    for entity, told_of in entities.items():
        for action in told_of.get("actions") or []:
            assert door.entity("POST", f"{entity}/{action}", {}).status == 400, (entity, action)


# --- inquiries


@pytest.mark.parametrize("body", [{}, wrapped(InventoryID="BRACKE0000"), wrapped(WarehouseID="MAIN")])
def test_an_inquiry_is_a_put_that_answers_one_object(door, body):
    answer = told(door.entity("PUT", "InventorySummaryInquiry", body, expand="Results"))
    assert isinstance(answer, dict)
    assert isinstance(answer["Results"], list)
    for name, value in body.items():
        assert answer[name] == value


def test_the_results_only_come_when_they_are_asked_for(door):
    assert "Results" not in door.put("InventorySummaryInquiry", {"InventoryID": "BRACKE0000"})


def test_stock_asked_for_by_warehouse_alone_is_empty_and_its_rows_name_no_item(door):
    """Live on build 26.101."""
    assert door.put("InventorySummaryInquiry", {"WarehouseID": "MAIN"}, expand="Results")["Results"] == []
    rows = door.put("InventorySummaryInquiry", {"InventoryID": "BRACKE0000"}, expand="Results")["Results"]
    assert rows
    assert all(not row.get("InventoryID") for row in rows)


def test_an_inquiry_saves_nothing_and_stays_not_listable(door):
    for _ in range(2):
        door.put("InventorySummaryInquiry", {"InventoryID": "BRACKE0000"})
    assert_failed(door.refused("GET", "InventorySummaryInquiry"), CANNOT_OPTIMIZE, "Optimization cannot be performed.")


def test_the_published_inquiries_are_asked_and_not_listed(door, shared):
    path = shared / "catalog" / "inquiries.json"
    if not path.is_file():
        pytest.skip("the published list is not here")
    for entity, told_of in json.loads(path.read_text())["endpoints"]["Default"].items():
        if told_of["class"] == "inquiry" and "24.200.001" in told_of["versions"]:
            assert door.entity("GET", entity).status == 500, entity
            assert door.entity("PUT", entity, {}, expand=",".join(told_of["detail"] or [])).status == 200, entity


# --- files


def put_file(door, path, name, content=b"data", **headers):
    link = door.get(path)["_links"]["files:put"].replace("{filename}", name)
    return door.send("PUT", below_site(door, link), content, headers)


def files_of(door, path="StockItem/BRACKE0000"):
    return door.get(path, expand="files")["files"]


@pytest.mark.parametrize("content", [b"\x00\xff\x80", b"", b"{}", "Grüße".encode(), b"x" * 100_000])
def test_a_file_comes_back_byte_for_byte(door, content):
    response = put_file(door, "StockItem/BRACKE0000", "a.bin", content)
    assert (response.status, response.body) == (204, b"")
    (file,) = files_of(door)
    answer = door.send("GET", below_site(door, file["href"]))
    assert (answer.status, answer.body) == (200, content)
    assert answer.header("content-type") == "application/octet-stream"


def test_the_answer_to_a_file_tells_where_it_can_be_read(door):
    place = put_file(door, "StockItem/BRACKE0000", "a.txt").header("Location")
    assert place == files_of(door)[0]["href"]


@pytest.mark.parametrize("second", ["a.txt", "A.TXT"])
def test_the_same_name_is_a_new_revision(door, second):
    put_file(door, "StockItem/BRACKE0000", "a.txt", b"one")
    before = files_of(door)[0]["id"]
    put_file(door, "StockItem/BRACKE0000", second, b"two")
    (file,) = files_of(door)
    assert file["id"] == before
    assert door.send("GET", below_site(door, file["href"])).body == b"two"


def test_the_older_form_names_the_record_by_its_keys_and_not_by_its_id(door):
    assert door.entity("PUT", "SalesOrder/SO/SO000003/files/po.pdf", b"x").status == 204
    id = door.get("SalesOrder/SO/SO000003")["id"]
    assert door.refused("PUT", f"SalesOrder/{id}/files/po.pdf", b"x")[0] == 404
    assert len(files_of(door, "SalesOrder/SO/SO000003")) == 1


def test_a_file_of_one_record_is_not_a_file_of_another(door):
    put_file(door, "StockItem/BRACKE0000", "a.txt")
    assert files_of(door, "StockItem/VALVE0001") == []


def test_with_a_select_the_files_have_to_be_selected_too(door):
    put_file(door, "StockItem/BRACKE0000", "a.txt")
    row = door.get("StockItem/BRACKE0000", select="InventoryID,files", expand="files")
    assert len(row["files"]) == 1


@pytest.mark.parametrize(("comment", "kept"), [("front view", "front view"), ("x" * 600, "x" * 500)])
def test_a_comment_of_a_file_has_at_most_500_signs(door, comment, kept):
    put_file(door, "StockItem/BRACKE0000", "a.txt", **{"PX-CbFileComment": comment})
    assert files_of(door)[0]["comment"] == kept


def test_a_name_with_blanks_and_umlauts_is_kept(door):
    put_file(door, "StockItem/BRACKE0000", "Maß%20blatt.pdf")
    assert files_of(door)[0]["filename"].endswith("\\Maß blatt.pdf")


def test_a_file_nobody_put_is_404(door):
    path = f"/entity/{door.endpoint}/files/00000000-0000-0000-0000-000000000000"
    assert raw(door, "GET", path).status == 404


def test_a_file_stays_when_its_record_changes(door):
    put_file(door, "StockItem/BRACKE0000", "a.txt")
    door.put("StockItem", {"InventoryID": "BRACKE0000", "Description": "Other"})
    assert len(files_of(door)) == 1


def test_a_new_record_has_no_files_of_a_deleted_one(door):
    insert(door, "Ledger", {"LedgerID": "F", "Description": "x"})
    put_file(door, "Ledger/F", "a.txt")
    door.entity("DELETE", "Ledger/F")
    door.instance.clock.tick(1)
    door.put("Ledger", {"LedgerID": "F", "Description": "x"})
    assert files_of(door, "Ledger/F") == []
