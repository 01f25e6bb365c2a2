"""The emulator over a real socket, asked by an ordinary HTTP client."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from datetime import datetime
from urllib.parse import urlsplit

import pytest
import requests

from acumatica_emulator import Emulator

LOGIN = {"name": "admin", "password": "secret", "tenant": "Company"}
API = "/entity/Default/24.200.001"


@pytest.fixture
def emulator():
    with Emulator(seed=7) as running:
        yield running


@pytest.fixture
def client(emulator):
    session = requests.Session()
    assert session.post(f"{emulator.url}/entity/auth/login", json=LOGIN, timeout=5).status_code == 204
    yield session
    session.close()


def get(emulator, client, path, **query):
    return client.get(
        f"{emulator.url}{API}/{path}", params={f"${name}": value for name, value in query.items()}, timeout=10
    )


def raw(emulator, text):
    """The first line of the answer to a request written out in full."""
    where = urlsplit(emulator.host_url)
    with socket.create_connection((where.hostname, where.port), timeout=5) as wire:
        wire.sendall(text.encode())
        return wire.recv(4096).split(b"\r\n")[0]


def test_a_page_of_ten_megabytes_arrives_whole_however_slowly_it_is_read():
    with Emulator(scale=3000) as emulator, requests.Session() as client:
        assert client.post(f"{emulator.url}/entity/auth/login", json=LOGIN, timeout=5).status_code == 204
        query = {"$top": "1000", "$expand": "Details"}
        answer = client.get(f"{emulator.url}{API}/SalesOrder", params=query, timeout=20, stream=True)
        body = b"".join(answer.iter_content(1 << 16))
        assert len(body) == int(answer.headers["Content-Length"]) > 8_000_000
        numbers = [order["OrderNbr"]["value"] for order in json.loads(body)]
        assert numbers == [order["OrderNbr"]["value"] for order in get(emulator, client, "SalesOrder", top=1000).json()]
        client.post(f"{emulator.url}/entity/auth/logout", timeout=5)
        assert emulator.sessions_open == 0


def test_the_date_of_an_answer_is_the_instances_time_however_skewed():
    with Emulator(now=datetime(2026, 3, 2, 12)) as emulator:
        dates = []
        for seconds in (0, 3600, -86400):
            emulator.tick(seconds)
            answer = requests.get(f"{emulator.url}/entity", timeout=5)
            dates += [value for name, value in answer.raw.headers.items() if name.lower() == "date"]
    assert dates == ["Mon, 02 Mar 2026 12:00:00 GMT", "Mon, 02 Mar 2026 13:00:00 GMT", "Sun, 01 Mar 2026 13:00:00 GMT"]


def test_it_starts_in_well_under_half_a_second():
    """The best of three, because the machine may be at other work."""
    spans = []
    for _ in range(3):
        begun = time.perf_counter()
        with Emulator() as running:
            assert requests.get(f"{running.url}/entity", timeout=5).status_code == 200
            spans.append(time.perf_counter() - begun)
    assert min(spans) < 0.5


def test_two_instances_run_side_by_side():
    with Emulator(site="/isv") as one, Emulator(site="") as other:
        assert one.url.endswith("/isv")
        answers = [requests.get(f"{each.url}/entity", timeout=5).json() for each in (one, other)]
        assert [answer["endpoints"][0]["href"] for answer in answers] == [
            "/isv/entity/Default/20.200.001/",
            "/entity/Default/20.200.001/",
        ]


def test_an_ordinary_client_signs_in_reads_and_signs_out(emulator, client):
    assert get(emulator, client, "Customer", top=2).json()[1]["rowNumber"] == 2
    assert (emulator.sessions_open, emulator.sessions_peak, emulator.logins) == (1, 1, 1)
    assert client.post(f"{emulator.url}/entity/auth/logout", timeout=5).status_code == 204
    assert emulator.sessions_open == 0
    assert [call.path for call in emulator.calls] == ["/entity/auth/login", f"{API}/Customer", "/entity/auth/logout"]


def test_a_logout_without_a_length_is_411_on_the_wire(emulator, client):
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    head = f"POST /AcumaticaERP/entity/auth/logout HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nConnection: close\r\n"
    assert raw(emulator, f"{head}\r\n") == b"HTTP/1.1 411 Length Required"
    assert raw(emulator, f"{head}Content-Length: 0\r\n\r\n").startswith(b"HTTP/1.1 204")


def test_the_document_can_be_read_by_anybody_unless_a_switch_forbids_it(emulator):
    url = f"{emulator.url}{API}/swagger.json?company=Company"
    assert requests.get(url, timeout=5).json()["info"] == {"title": "Default/24.200.001", "version": "4"}
    emulator.switches.anonymous_swagger = False
    assert requests.get(url, timeout=5).status_code == 401
    emulator.switches.anonymous_swagger, emulator.switches.openapi = True, "2.0"
    assert requests.get(url, timeout=5).json()["swagger"] == "2.0"


def test_a_key_with_a_slash_is_split_before_the_instance_sees_it(emulator, client):
    """The guide and operators both: such a record is asked for by its id."""
    id = emulator.store().insert("ItemClass", {"ClassID": "A/B", "Description": "Slash"})
    assert get(emulator, client, "ItemClass/A%2FB").status_code == 500
    assert get(emulator, client, f"ItemClass/{id}").json()["Description"] == {"value": "Slash"}
    emulator.switches.slash_keys = "keep"
    assert get(emulator, client, "ItemClass/A%2FB").json()["Description"] == {"value": "Slash"}


def test_the_offset_of_a_cursor_can_be_echoed(emulator, client):
    row = get(emulator, client, "Customer", top=1).json()[0]
    cursor = row["LastModifiedDateTime"]["value"]
    rows = get(emulator, client, "Customer", filter=f"LastModifiedDateTime eq datetimeoffset'{cursor}'").json()
    assert row["CustomerID"] in [each["CustomerID"] for each in rows]


def test_requests_of_one_session_are_served_one_after_the_other(emulator, client):
    emulator.faults.add("slow", entity="Customer", seconds=0.3)
    slow = threading.Thread(target=get, args=(emulator, client, "Customer"))
    slow.start()
    while len(emulator.calls) < 2:
        pass
    begun = time.perf_counter()
    assert get(emulator, client, "Vendor", top=1).status_code == 200
    assert time.perf_counter() - begun > 0.15
    slow.join()


def test_requests_of_two_sessions_do_not_wait_for_each_other(emulator, client):
    other = requests.Session()
    other.post(f"{emulator.url}/entity/auth/login", json=LOGIN, timeout=5)
    emulator.faults.add("slow", entity="Customer", seconds=0.9)
    slow = threading.Thread(target=get, args=(emulator, client, "Customer"))
    slow.start()
    while len(emulator.calls) < 3:
        pass
    begun = time.perf_counter()
    assert get(emulator, other, "Vendor", top=1).status_code == 200
    assert time.perf_counter() - begun < 0.7
    slow.join()


def test_a_full_queue_declines_with_429(emulator, client):
    emulator.switches.update({"cores": 1, "queue": 0, "retry_after": 3})
    emulator.faults.add("slow", entity="Customer", seconds=0.2)
    slow = threading.Thread(target=get, args=(emulator, client, "Customer"))
    slow.start()
    while len(emulator.calls) < 2:
        pass
    declined = requests.get(f"{emulator.url}/entity", timeout=5)
    assert (declined.status_code, declined.headers["Retry-After"]) == (429, "3")
    assert declined.text == "The custom error module does not recognize this error."
    slow.join()
    assert requests.get(f"{emulator.url}/entity", timeout=5).status_code == 200


def test_a_queued_request_is_served_when_a_core_is_free(emulator, client):
    emulator.switches.cores = 1
    emulator.faults.add("slow", entity="Customer", seconds=0.1)
    slow = threading.Thread(target=get, args=(emulator, client, "Customer"))
    slow.start()
    while len(emulator.calls) < 2:
        pass
    assert requests.get(f"{emulator.url}/entity", timeout=5).status_code == 200
    slow.join()


@pytest.mark.parametrize("after", [0, 100])
def test_a_connection_can_be_dropped_after_some_bytes(emulator, client, after):
    emulator.faults.add("hang_up", entity="Customer", after=after)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        get(emulator, client, "Customer")
    assert emulator.faults.all_used
    assert get(emulator, client, "Customer", top=1).status_code == 200


def test_json_can_be_cut_off_under_a_good_status(emulator, client):
    emulator.faults.add("truncate", entity="Customer", after=50)
    answer = get(emulator, client, "Customer")
    assert (answer.status_code, len(answer.content)) == (200, 50)
    with pytest.raises(ValueError):
        answer.json()


def test_a_write_whose_answer_is_lost_has_been_saved(emulator, client):
    emulator.faults.add("hang_up", method="PUT")
    body = {"CustomerID": {"value": "LOST"}, "CustomerName": {"value": "Lost"}}
    with pytest.raises(requests.ConnectionError):
        client.put(f"{emulator.url}{API}/Customer", json=body, timeout=5)
    assert [row["CustomerName"] for row in emulator.records("Customer") if row["CustomerID"] == "LOST"] == ["Lost"]


def test_black_box_tests_order_at_the_root_of_the_host(emulator):
    orders = f"{emulator.host_url}/_emulator"
    assert requests.post(f"{orders}/faults", json={"effect": "status", "status": 503}, timeout=5).status_code == 200
    assert requests.get(f"{emulator.url}/entity", timeout=5).status_code == 503
    answered = requests.get(f"{orders}/report", timeout=5).json()
    assert (answered["requests"], answered["defects"], answered["faults"][0]["happened"]) == (1, [], 1)
    given = {"entity": "Customer", "insert": {"CustomerID": "BB", "CustomerName": "Black box"}}
    assert requests.post(f"{orders}/records", json=given, timeout=5).json()["id"]
    assert any(row["CustomerID"] == "BB" for row in emulator.records("Customer"))


def test_what_lies_outside_of_the_site_is_a_web_page(emulator):
    for path in (f"{emulator.host_url}/", f"{emulator.host_url}/Other/entity", f"{emulator.url}/Main"):
        answer = requests.get(path, timeout=5)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_connection_is_kept_alive(emulator):
    where = urlsplit(emulator.host_url)
    wire = http.client.HTTPConnection(where.hostname, where.port, timeout=5)
    for _ in range(3):
        wire.request("GET", "/AcumaticaERP/entity")
        answer = wire.getresponse()
        json.loads(answer.read())
        assert answer.getheader("Connection") != "close"
    wire.close()


def test_a_request_that_waits_too_long_in_the_queue_is_declined(emulator, client):
    emulator.switches.update({"cores": 1, "queue_minutes": 0.001, "decline_form": "json"})
    emulator.faults.add("slow", entity="Customer", seconds=0.3)
    slow = threading.Thread(target=get, args=(emulator, client, "Customer"))
    slow.start()
    while len(emulator.calls) < 2:
        pass
    declined = requests.get(f"{emulator.url}/entity", timeout=5)
    assert (declined.status_code, declined.json()) == (429, {"message": "The request was declined."})
    slow.join()


@pytest.mark.parametrize("effect", ["reset", "drop", "hang_up"])
def test_an_answer_may_be_lost_before_or_after_the_write(emulator, client, effect):
    emulator.faults.add(effect, method="PUT", entity="Customer")
    body = {"CustomerID": {"value": "N"}, "CustomerName": {"value": "n"}}
    with pytest.raises(requests.ConnectionError):
        client.put(f"{emulator.url}{API}/Customer", json=body, timeout=5)
    saved = get(emulator, client, "Customer/N").status_code == 200
    assert saved is (effect == "hang_up")
    assert emulator.faults.all_used
