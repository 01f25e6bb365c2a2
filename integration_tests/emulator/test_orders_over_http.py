"""Faults, switches and the report as a black-box test orders them: over HTTP, of an emulator it does not hold."""

from __future__ import annotations

import pytest
import requests

from acumatica_emulator import Emulator

LOGIN = {"name": "admin", "password": "secret"}
WAIT = 10


class Site:
    """A signed-in client and the orders it gives at the root of the host."""

    def __init__(self, emulator):
        self.root, self.url, self.client = f"{emulator.host_url}/_emulator", emulator.url, requests.Session()

    def log_in(self):
        assert self.client.post(f"{self.url}/entity/auth/login", json=LOGIN, timeout=WAIT).status_code == 204
        return self

    def get(self, path="Customer?$top=1"):
        return self.client.get(f"{self.url}/entity/Default/24.200.001/{path}", timeout=WAIT, allow_redirects=False)

    def order(self, room, answered):
        answer = requests.post(f"{self.root}/{room}", json=answered, timeout=WAIT)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def report(self):
        return requests.get(f"{self.root}/report", timeout=WAIT).json()

    def keys(self, **query):
        return [
            row["CustomerID"]["value"]
            for row in self.get("Customer?" + "&".join(f"${n}={v}" for n, v in query.items())).json()
        ]


@pytest.fixture
def site():
    with Emulator(seed=7) as emulator:
        yield Site(emulator).log_in()


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ({"effect": "status", "status": 503}, 503, "application/json; charset=utf-8"),
        ({"effect": "status", "status": 429, "body": "slow", "content_type": "text/plain"}, 429, "text/plain"),
        ({"effect": "html"}, 200, "text/html; charset=utf-8"),
        ({"effect": "html", "status": 404}, 404, "text/html; charset=utf-8"),
        ({"effect": "maintenance", "seconds": 60}, 503, "text/html; charset=utf-8"),
        ({"effect": "recycle"}, 401, "application/json; charset=utf-8"),
    ],
    ids=lambda value: value["effect"] if isinstance(value, dict) else str(value),
)
def test_a_fault_answers_in_place_of_the_instance_once(site, fault, status, kind):
    site.order("faults", {**fault, "entity": "Customer"})
    answer = site.get()
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, kind)
    assert site.report()["faults"][0]["happened"] == 1


@pytest.mark.parametrize("effect", ["hang_up", "truncate"])
def test_an_answer_may_end_early(site, effect):
    site.order("faults", {"effect": effect, "after": 20})
    if effect == "truncate":
        assert site.get().text == site.get().text[:20]
    else:
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            site.get()
    assert site.get().status_code == 200


def test_maintenance_ends_when_its_time_is_over(site):
    site.order("faults", {"effect": "maintenance", "seconds": 60})
    assert [site.get().status_code, site.get().status_code] == [503, 503]
    site.order("clock", {"seconds": 61})
    assert site.get().status_code == 200


def test_a_slow_answer_is_still_the_answer(site):
    site.order("faults", {"effect": "slow", "seconds": 0.05})
    answer = site.get()
    assert (answer.status_code, answer.elapsed.total_seconds() >= 0.05) == (200, True)


@pytest.mark.parametrize(
    ("effect", "again", "lost"), [("row_leaves", 0, 1), ("row_arrives", 1, 0), ("row_moves", 0, 1)]
)
def test_rows_move_between_two_pages(site, effect, again, lost):
    before = site.keys()
    site.order("faults", {"effect": effect, "entity": "Customer", "nth": 2})
    pages = site.keys(top=5), site.keys(top=5, skip=5)
    assert len(set(pages[0]) & set(pages[1])) == again
    assert len(set(before[:9]) - set(pages[0]) - set(pages[1])) == lost


def test_a_skewed_clock_shows_in_the_next_stamp(site):
    body = {"CustomerID": {"value": "SKEW"}, "CustomerName": {"value": "a"}}
    url = f"{site.url}/entity/Default/24.200.001/Customer?$select=LastModifiedDateTime"
    site.order("switches", {"session_minutes": 999999})
    before = site.client.put(url, json=body, timeout=WAIT).json()["LastModifiedDateTime"]["value"]
    site.order("faults", {"effect": "skew", "seconds": -86400, "method": "PUT"})
    after = site.client.put(url, json={**body, "CustomerName": {"value": "b"}}, timeout=WAIT).json()
    assert after["LastModifiedDateTime"]["value"][:10] < before[:10]


def test_a_fault_waits_for_its_request_and_may_come_twice(site):
    site.order("faults", {"effect": "status", "status": 502, "method": "GET", "entity": "Cust*", "nth": 2, "times": 2})
    assert [site.get().status_code for _ in range(4)] == [200, 502, 502, 200]
    assert site.get("Vendor?$top=1").status_code == 200


@pytest.mark.parametrize(
    ("switches", "path", "status"),
    [
        ({"forbidden": ["Customer"]}, "Customer", 403),
        ({"gone": ["Customer"]}, "Customer", 404),
        ({"unconfigured": ["Customer"]}, "Customer", 500),
        ({"delegates": {"Customer": {"CustomerName": "BAccount"}}}, "Customer", 500),
        ({"type_mismatch_status": 400}, "Customer?$filter=CustomerName eq 1", 400),
        ({"maintenance": True}, "Customer", 503),
        ({"max_query": 5}, "Customer?$select=CustomerID", 404),
        ({"select_fails": {"Customer": ["Email"]}}, "Customer?$select=Email", 500),
        ({"anonymous_swagger": False}, "swagger.json", 200),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_switch_is_set_and_taken_back_while_the_instance_runs(site, switches, path, status):
    default = requests.get(f"{site.root}/switches", timeout=WAIT).json()
    before = site.get(path).status_code
    site.order("switches", switches)
    assert site.get(path).status_code == status
    site.order("switches", {name: default[name] for name in switches})
    assert site.get(path).status_code == before


def test_the_report_reports_every_defect_and_a_reset_forgets_them(site):
    site.order("faults", {"effect": "recycle", "entity": "Nonsense"})
    requests.get(f"{site.url}/entity/Default/24.200.001/Customer", timeout=WAIT)
    site.client.post(f"{site.url}/entity/auth/logout", timeout=WAIT)
    assert site.get().status_code == 401
    site.client.cookies.clear()
    site.log_in()
    sentences = " | ".join(site.report()["defects"])
    for words in ("a seat is leaked", "without ever having signed in", "that was logged out", "the fault recycle"):
        assert words in sentences
    site.order("reset", None)
    assert site.report()["defects"] == []


def test_a_file_goes_to_an_order_of_a_bulk():
    with Emulator(scale=100) as emulator:
        site = Site(emulator).log_in()
        row = site.get("SalesOrder/SO/SO000050").json()
        place = row["_links"]["files:put"].replace("{filename}", "note.txt")
        assert site.client.put(f"{emulator.host_url}{place}", data=b"hello", timeout=WAIT).status_code == 204
        (file,) = site.get("SalesOrder/SO/SO000050?$expand=files").json()["files"]
        assert site.client.get(f"{emulator.host_url}{file['href']}", timeout=WAIT).content == b"hello"


def test_a_kept_page_is_forgotten_when_a_row_changes(site):
    assert site.get().json()[0]["CustomerID"] == site.get().json()[0]["CustomerID"]
    key = site.keys(top=1)[0]
    site.order("records", {"entity": "Customer", "update": {"CustomerName": "Behind"}, "key": [key]})
    assert site.get().json()[0]["CustomerName"] == {"value": "Behind"}
    site.order("switches", {"hidden": {"Customer": 3}})
    assert len(site.keys()) < 100


def test_an_order_may_have_a_fraction(site):
    assert site.order("switches", {"latency": 0.01, "session_minutes": 0.5})["session_minutes"] == 0.5
    assert site.order("faults", {"effect": "slow", "seconds": 0.01})[0]["seconds"] == 0.01
    assert site.get().status_code == 200
