"""The page server of the benchmarks: the same lists as an emulated instance, served from rendered orders."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
import requests

from acumatica_emulator.seed.bulk_orders import Stamps
from benchmarks.page_server import PageServer

COUNT = 500
LOGIN = {"name": "admin", "password": "secret", "company": "Company"}
OPTIONS = {"$select": "OrderNbr,OrderType,LastModified,Details", "$expand": "Details"}


class Site:
    """A signed-in client of a page server."""

    def __init__(self, server: PageServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}/AcumaticaERP/entity"
        self.client = requests.Session()
        assert self.client.post(f"{self.url}/auth/login", json=LOGIN, timeout=5).status_code == 204

    def get(self, path: str, **options: object) -> requests.Response:
        return self.client.get(f"{self.url}/Default/24.200.001/{path}", params=options, timeout=5)

    def numbers(self, **options: object) -> list[str]:
        return [row["OrderNbr"]["value"] for row in self.get("SalesOrder", **{"$select": "OrderNbr", **options}).json()]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    server = PageServer(0, COUNT)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(server)
    server.shutdown()
    server.server_close()
    thread.join()


def test_pages_follow_each_other_without_a_gap_up_to_an_empty_one(site):
    pages = [site.numbers(**{"$top": 200, "$skip": skip}) for skip in (0, 200, 400, 600)]
    assert [len(page) for page in pages] == [200, 200, 100, 0]
    assert [number for page in pages for number in page] == [f"SO{at:07}" for at in range(1, COUNT + 1)]


def test_every_order_has_an_id_and_a_stamp_of_its_own_and_its_lines(site):
    rows = site.get("SalesOrder", **OPTIONS).json()
    assert [row["rowNumber"] for row in rows] == list(range(1, COUNT + 1))
    assert len({row["id"] for row in rows}) == COUNT
    assert len({line["id"] for row in rows for line in row["Details"]}) == sum(len(row["Details"]) for row in rows)
    assert all(row["Details"] for row in rows)
    stamps = [Stamps(COUNT).of(at).isoformat()[:19] for at in range(COUNT)]
    assert [re.sub(r"\..*|\+.*", "", row["LastModified"]["value"]) for row in rows] == stamps


def test_windows_of_the_cursor_share_out_the_orders(site):
    rows = site.get("SalesOrder", **OPTIONS).json()
    middle = sorted(row["LastModified"]["value"] for row in rows)[COUNT // 2]
    before = site.numbers(**{"$filter": f"LastModified lt datetimeoffset'{middle}'"})
    behind = site.numbers(**{"$filter": f"LastModified ge datetimeoffset'{middle}'"})
    assert sorted(before + behind) == [f"SO{at:07}" for at in range(1, COUNT + 1)]
    assert set(before) == {row["OrderNbr"]["value"] for row in rows if row["LastModified"]["value"] < middle}


def test_everything_else_is_answered_by_an_emulated_instance(site):
    assert "Date" in site.get("SalesOrder", **{"$top": 1}).headers
    assert site.get("Customer", **{"$top": 3}).json()[2]["rowNumber"] == 3
    assert site.get("SalesOrder", **{"$filter": "Nonsense eq 1"}).status_code == 500
    assert site.client.get(f"{site.url}/Default/24.200.001/swagger.json", timeout=5).status_code == 200
    assert requests.get(f"{site.url}/Default/24.200.001/SalesOrder", timeout=5).status_code == 401
