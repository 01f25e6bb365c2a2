"""Ordered faults, limits of the licence, the report, switches, and the orders of black-box tests."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from acumatica_emulator.server.control import control
from acumatica_emulator.site.behavior import BadSwitchValue, Behavior, UnknownSwitch
from acumatica_emulator.site.faults import Faults, UnknownFault
from acumatica_emulator.site.http import Request
from acumatica_emulator.site.store import Store, StoreError
from acumatica_emulator.site.throttle import Admission, Gate

NOON = datetime(2026, 3, 2, 12)


def order(instance, method, name, given=None):
    body = b"" if given is None else json.dumps(given).encode()
    response = control(instance, Request(method, f"/_emulator/{name}", body=body))
    return response.status, json.loads(response.body)


# --- faults


def test_a_fault_comes_up_for_the_nth_request_that_fits_and_no_other():
    faults = Faults()
    faults.add("status", method="GET", entity="Cust*", nth=2, times=2)
    asked = [
        ("PUT", "Customer"),
        ("GET", "Bill"),
        ("GET", "customer"),
        ("GET", "Customer"),
        ("GET", "Customer"),
        ("GET", "Customer"),
    ]
    assert [len(faults.due(method, entity, "/x")) for method, entity in asked] == [0, 0, 0, 1, 1, 0]
    assert faults.all_used


def test_an_order_that_makes_no_sense_is_refused():
    with pytest.raises(UnknownFault):
        Faults().add("explode")
    with pytest.raises(UnknownFault):
        Faults().add("status", colour="red")


def test_a_status_fault_keeps_the_request_out(client):
    client.instance.faults.add("status", method="PUT", status=503, body="busy", content_type="text/plain")
    response = client.entity("PUT", "Customer", {"CustomerID": {"value": "N"}, "CustomerName": {"value": "n"}})
    assert (response.status, response.body, response.header("content-type")) == (503, b"busy", "text/plain")
    assert client.keys("Customer", "CustomerID", filter="CustomerID eq 'N'") == []
    assert client.instance.faults.all_used


def test_a_processed_fault_saves_first_and_lies_then(client):
    client.instance.faults.add("status", method="PUT", status=504, processed=True)
    assert (
        client.entity("PUT", "Customer", {"CustomerID": {"value": "N"}, "CustomerName": {"value": "n"}}).status == 504
    )
    assert client.keys("Customer", "CustomerID", filter="CustomerID eq 'N'") == ["N"]


def test_a_web_page_may_come_where_json_is_expected(client):
    client.instance.faults.add("html", entity="Customer")
    response = client.entity("GET", "Customer")
    assert (response.status, response.header("content-type")) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("status", [200, 400, 403, 404, 406, 501])
def test_a_web_page_may_come_with_any_status_to_any_request(client, status):
    client.instance.faults.add("html", method="PUT", status=status, headers={"Server": "proxy"})
    response = client.entity("PUT", "Customer", {"CustomerID": {"value": "N"}, "CustomerName": {"value": "n"}})
    assert (response.status, response.header("server"), response.body[:15]) == (status, "proxy", b"<!DOCTYPE html>")
    assert client.refused("GET", "Customer/N")[0] == 500


def test_every_request_of_data_may_be_redirected_to_the_sign_in_page(client):
    client.instance.faults.add("sign_in_page", path="/entity/Default/*", times=0)
    responses = [client.entity(method, "Customer") for method in ("GET", "PUT", "GET")]
    places = [(response.status, response.header("location")) for response in responses]
    assert places == [(302, "/AcumaticaERP/Frames/Login.aspx")] * 3
    assert client.log_out().status == 204
    assert client.instance.faults.all_used


def test_a_dropped_request_is_not_processed_and_has_no_answer(client):
    client.instance.faults.add("drop", method="PUT")
    site, cookie = client.instance.behavior.site, "; ".join(f"{n}={v}" for n, v in client.cookies.items())
    body = b'{"CustomerID":{"value":"N"},"CustomerName":{"value":"n"}}'
    path = f"{site}/entity/{client.endpoint}/Customer"
    reply = client.instance.answer(Request("PUT", path, "", {"cookie": cookie}, body))
    assert (reply.cut, client.instance.calls[-1].status) == (0, 0)
    assert client.refused("GET", "Customer/N")[0] == 500


def test_a_recycle_ends_every_session(client):
    client.instance.faults.add("recycle", entity="Customer", nth=2)
    assert client.entity("GET", "Customer", top=1).status == 200
    assert client.refused("GET", "Customer")[0] == 401
    assert client.log_in().status == 204


def test_maintenance_lasts_for_its_time(client):
    client.instance.faults.add("maintenance", seconds=60)
    assert [client.entity("GET", "Customer").status for _ in range(2)] == [503, 503]
    client.instance.clock.tick(61)
    assert client.entity("GET", "Customer", top=1).status == 200


def test_the_clock_may_jump(client):
    client.instance.faults.add("skew", method="PUT", seconds=-3600)
    answer = client.put("Customer", {"CustomerID": "S", "CustomerName": "s"}, select="LastModifiedDateTime")
    assert answer["LastModifiedDateTime"] == {"value": "2026-03-02T11:00:00+00:00"}


@pytest.mark.parametrize(("effect", "seen_again"), [("row_leaves", 0), ("row_arrives", 1), ("row_moves", 0)])
@pytest.mark.parametrize("entity", ["Customer", "SalesOrder", "Contact"])
def test_a_row_that_moves_between_two_pages_shifts_the_second(client, entity, effect, seen_again):
    whole = [row["id"] for row in client.get(entity, top=20)]
    client.instance.faults.add(effect, entity=entity, nth=2)
    pages = [[row["id"] for row in client.get(entity, top=10, skip=skip)] for skip in (0, 10)]
    assert len(set(pages[0]) & set(pages[1])) == seen_again
    assert len(set(whole) - set(pages[0]) - set(pages[1])) == 1


def test_cuts_are_reported_to_the_wire(client):
    client.instance.faults.add("hang_up", after=100)
    client.instance.faults.add("truncate", after=7, nth=2)
    site, cookie = client.instance.behavior.site, "; ".join(f"{n}={v}" for n, v in client.cookies.items())
    request = Request("GET", f"{site}/entity/{client.endpoint}/Customer", "", {"cookie": cookie})
    replies = [client.instance.answer(request) for _ in range(2)]
    assert [(reply.cut, reply.truncate) for reply in replies] == [(100, None), (None, 7)]


def test_a_slow_answer_and_the_latency_of_every_answer_add_up(open_client):
    client = open_client(latency=0.5)
    client.instance.faults.add("slow", seconds=2)
    request = Request("GET", "/AcumaticaERP/entity")
    assert [client.instance.answer(request).delay for _ in range(2)] == [2.5, 0.5]


# --- limits


def arrivals(gate, number, seconds=0.0, **given):
    return [gate.arrive(NOON + timedelta(seconds=seconds), **given) for _ in range(number)]


def test_without_limits_nothing_waits():
    assert set(arrivals(Gate(Behavior()), 100)) == {Admission()}


def test_fifty_at_once_on_sixteen_cores_are_sixteen_twenty_and_fourteen():
    gate = Gate(Behavior(cores=16, queue=20))
    answered = []
    for _ in range(50):
        admission = gate.arrive(NOON)
        gate.waiting += admission.queued
        gate.running += not admission.queued and not admission.declined
        answered.append("declined" if admission.declined else "queued" if admission.queued else "served")
    assert [answered.count(kind) for kind in ("served", "queued", "declined")] == [16, 20, 14]


def test_from_half_of_the_quota_on_requests_are_held_back():
    """The guide's example: 25 requests are left and 20 seconds of the minute, so each waits 0.8 seconds."""
    gate = Gate(Behavior(per_minute=50))
    assert {admission.delay for admission in arrivals(gate, 25)} == {0.0}
    assert gate.arrive(NOON + timedelta(seconds=40)).delay == pytest.approx(0.8)


def test_a_new_minute_begins_a_new_quota():
    gate = Gate(Behavior(per_minute=10))
    arrivals(gate, 10)
    assert gate.arrive(NOON + timedelta(seconds=61)).delay == 0


def test_requests_beyond_the_quota_wait_in_the_places_of_the_queue():
    gate = Gate(Behavior(per_minute=2, queue=3))
    arrivals(gate, 2)
    answered = []
    for _ in range(5):
        admission = gate.arrive(NOON)
        gate.waiting += admission.over
        answered.append("declined" if admission.declined else "waits")
    assert answered == ["waits"] * 3 + ["declined"] * 2


def test_polls_are_not_counted_and_a_logout_does_not_queue():
    gate = Gate(Behavior(per_minute=2, queue=0))
    assert not any(admission.declined for admission in arrivals(gate, 50, counted=False))
    arrivals(gate, 2)
    assert gate.arrive(NOON).declined
    assert not gate.arrive(NOON, queues=False).declined


# --- report, switches, orders over HTTP


def test_a_clean_run_has_no_defects(client):
    client.log_out()
    assert client.instance.report().defects == []


def test_a_leaked_seat_a_late_request_and_an_unused_fault_are_defects(client):
    client.instance.faults.add("slow")
    client.instance.faults.due("GET", "", "/")
    client.instance.faults.add("status", nth=99)
    client.log_out()
    client.refused("GET", "Customer")
    client.log_in()
    defects = client.instance.report().defects
    assert len(defects) == 3
    assert "a seat is leaked" in defects[0]
    assert "logged out" in defects[1]
    assert "did not come up" in defects[2]


def test_every_request_is_in_the_log_with_its_status_and_session(client):
    client.entity("GET", "Customer", top=1, filter="Status eq 'Active'")
    call = client.instance.calls[-1]
    assert (call.method, call.path, call.status) == ("GET", "/entity/Default/24.200.001/Customer", 200)
    assert call.query == {"$top": "1", "$filter": "Status eq 'Active'"}
    assert call.session == client.instance.seats.open[0].token
    assert client.instance.calls[0].path == "/entity/auth/login"


def test_a_switch_is_read_from_text_as_its_type():
    behavior = Behavior()
    texts = {
        "seats": "3",
        "links": "off",
        "latency": "0.5",
        "gone": "A,B",
        "hidden": '{"Customer": 2}',
        "openapi": "2.0",
    }
    behavior.update(texts)
    assert (behavior.seats, behavior.links, behavior.latency) == (3, False, 0.5)
    assert (behavior.gone, behavior.hidden, behavior.openapi) == (["A", "B"], {"Customer": 2}, "2.0")


@pytest.mark.parametrize(
    ("name", "value"), [("seats", "many"), ("links", "maybe"), ("seats", True), ("gone", 5), ("hidden", "{")]
)
def test_a_value_of_another_type_is_refused(name, value):
    with pytest.raises(BadSwitchValue):
        Behavior().set(name, value)


def test_an_unknown_switch_is_refused():
    with pytest.raises(UnknownSwitch):
        Behavior().set("nonsense", 1)


def test_faults_switches_records_and_the_clock_can_be_ordered_over_http(client):
    instance = client.instance
    assert order(instance, "POST", "faults", {"effect": "status", "status": 502})[1][0]["status"] == 502
    assert order(instance, "POST", "switches", {"seats": 9})[1]["seats"] == 9
    assert order(instance, "GET", "switches")[1]["seats"] == 9
    given = {"entity": "Customer", "insert": {"CustomerID": "H", "CreditLimit": 1.5}, "stamp": "2020-01-01T00:00:00"}
    assert order(instance, "POST", "records", given)[0] == 200
    change = {"entity": "Customer", "key": ["H"], "update": {"CustomerName": "x"}, "stamp": False}
    assert order(instance, "POST", "records", change)[0] == 200
    (row,) = [row for row in Store(instance.tenants["Company"]).rows("Customer") if row.values["CustomerID"] == "H"]
    assert (row.modified, row.values["CreditLimit"]) == (datetime(2020, 1, 1), Decimal("1.5"))
    assert order(instance, "POST", "records", {"entity": "Customer", "delete": ["H"]})[0] == 200
    assert order(instance, "POST", "clock", {"seconds": 60})[1]["now"] == "2026-03-02T12:01:00"
    assert order(instance, "GET", "report")[1]["sessions_open"] == 1
    assert order(instance, "POST", "reset")[0] == 200
    assert order(instance, "GET", "report")[1]["logins"] == 0


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("faults", {"effect": "explode"}),
        ("switches", {"nonsense": 1}),
        ("records", {"entity": "Nonsense", "insert": {}}),
        ("records", {"entity": "Customer", "delete": ["NOSUCH"]}),
        ("records", {"entity": "Customer", "insert": {"Nonsense": 1}}),
        ("records", {}),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_400(client, name, given):
    status, answered = order(client.instance, "POST", name, given)
    assert status == 400
    assert answered["error"]


def test_an_unknown_order_is_404(client):
    assert order(client.instance, "POST", "nonsense")[0] == 404


def test_the_store_takes_plain_values_at_every_depth(client):
    brain = Store(client.instance.tenants["Company"])
    id = brain.insert(
        "SalesOrder",
        {
            "OrderType": "SO",
            "OrderNbr": "A1",
            "Totals": {"TaxTotal": Decimal("1.25")},
            "Details": [{"InventoryID": "X", "OrderQty": Decimal("1")}],
            "Date": "2024-05-05",
        },
        stamp=None,
    )
    row = client.get("SalesOrder/SO/A1", expand="Totals,Details")
    assert (row["id"], row["LastModified"], row["Date"]["value"][:10]) == (id, {}, "2024-05-05")
    assert row["Details"][0]["InventoryID"] == {"value": "X"}
    with pytest.raises(StoreError):
        brain.insert("SalesOrder", {"OrderNbr": "A2", "Nonsense": [{}]})


# --- switches of the site


def test_the_list_of_endpoints_may_be_the_bare_array_of_older_builds(open_client):
    client = open_client(signed_in=False, root_shape="array", href="absolute", build="21.100.0001")
    rows = json.loads(client.send("GET", "/entity", headers={"Host": "erp.example"}).body)
    assert isinstance(rows, list)
    assert rows[0]["href"].endswith("/AcumaticaERP/entity/Default/20.200.001/")
    assert rows[0]["href"].startswith("http://")
    client.instance.behavior.root_shape = "wrapper"
    assert json.loads(client.send("GET", "/entity").body)["version"]["acumaticaBuildVersion"] == "21.100.0001"


def test_an_older_build_shows_no_comment_of_a_file(open_client):
    client = open_client(file_comment=False)
    client.entity("PUT", "Customer/ALPIN0000/files/a.txt", b"x", {"PX-CbFileComment": "hi"})
    assert set(client.get("Customer/ALPIN0000", expand="files")["files"][0]) == {"id", "filename", "href"}


def test_a_type_mismatch_may_be_400(open_client):
    client = open_client(type_mismatch_status=400)
    assert client.refused("GET", "Customer", filter="PrintInvoices eq 'x'")[0] == 400
    assert client.refused("GET", "Customer", filter="contains(CustomerName,'x')")[0] == 500


def test_the_offset_of_a_literal_may_be_ignored(open_client):
    client = open_client(filter_offset="ignore", server_zone="America/New_York")
    Store(client.instance.tenants["Company"]).insert("Customer", {"CustomerID": "Z"}, stamp=datetime(2030, 1, 1, 12))
    text = "LastModifiedDateTime eq datetimeoffset'2030-01-01T12:00:00{}'"
    assert [client.keys("Customer", "CustomerID", filter=text.format(zone)) for zone in ("Z", "-05:00", "")] == [
        ["Z"]
    ] * 3


def test_an_ambiguous_filter_may_be_a_500(open_client):
    client = open_client(ambiguous_status=500)
    assert client.refused("PUT", "Customer", {}, filter="Status eq 'Active'")[0] == 500


def test_a_failed_operation_may_be_a_400(open_client):
    client = open_client(action_failure="No.", action_failure_status=400, action_polls=0)
    body = {"entity": {"OrderNbr": {"value": "SO000003"}}}
    place = client.entity("POST", "SalesOrder/SalesOrderCreateShipment", body).header("Location")
    assert client.send("GET", place.removeprefix("/AcumaticaERP")).status == 400


def test_the_whole_site_may_be_under_maintenance(open_client):
    client = open_client(signed_in=False, maintenance=True)
    assert client.log_in().status == 503


def test_a_session_may_live_longer(open_client):
    client = open_client(session_minutes=30)
    client.instance.clock.tick(29 * 60)
    assert client.entity("GET", "Customer", top=1).status == 200


def test_a_refresh_token_ends_and_what_it_says_then_is_a_switch(open_client):
    from acumatica_emulator.site.oauth import CLIENT, SECRET

    client = open_client(signed_in=False, refresh_days=1, refresh_reuse_error="invalid_request")
    oauth_form = f"client_id={CLIENT}%40Company&client_secret={SECRET}"
    first = f"{oauth_form}&grant_type=password&username=admin&password=secret&scope=api+offline_access"
    refresh = json.loads(client.send("POST", "/identity/connect/token", first.encode()).body)["refresh_token"]
    client.instance.clock.tick(86401)
    again = f"{oauth_form}&grant_type=refresh_token&refresh_token={refresh}"
    answered = json.loads(client.send("POST", "/identity/connect/token", again.encode()).body)
    assert answered == {"error": "invalid_request"}
