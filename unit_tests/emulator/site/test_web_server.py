"""What IIS and ASP.NET refuse before the instance sees it (facts of the web server, met by users with odd keys)."""

from __future__ import annotations

import pytest

from acumatica_emulator.site.web_server import LARGEST_BODY


@pytest.fixture
def client(open_client):
    return open_client(iis=True)


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("A+B", 404),
        ("A%2BB", 404),
        ("A.", 404),
        ("A%20", 404),
        ("CON", 404),
        ("nul.txt", 404),
        ("LPT1", 404),
        ("A%3CB", 400),
        ("A%3EB", 400),
        ("A*B", 400),
        ("50%25", 400),
        ("A%26B", 400),
        ("A:B", 400),
        ("A%3FB", 400),
        ("A%5CB", 400),
    ],
)
def test_some_keys_cannot_be_in_a_path_and_the_record_is_reached_by_its_id(client, key, status):
    id = client.put("StockItem", {"InventoryID": "PLAIN", "Description": "Odd"})["id"]
    response = client.entity("GET", f"StockItem/{key}")
    assert (response.status, response.header("content-type")) == (status, "text/html; charset=utf-8")
    assert client.get(f"StockItem/{id}")["Description"] == {"value": "Odd"}


@pytest.mark.parametrize("key", ["A.B", "CONE", "A%20B", "COM10"])
def test_other_keys_get_through(client, key):
    assert client.refused("GET", f"StockItem/{key}")[1]["exceptionMessage"] == "No entity satisfies the condition."


def test_a_body_of_more_than_thirty_million_bytes_is_a_404(client):
    assert client.entity("PUT", "Customer", b"{" + b" " * LARGEST_BODY).status == 404
    assert client.entity("PUT", "Customer", b"{" + b" " * (LARGEST_BODY - 1)).status == 400


@pytest.mark.parametrize(("text", "status"), [("<b>", 500), ("&#39", 500), ("a < b", 200), ("<3", 200)])
def test_a_query_with_markup_is_refused_by_request_validation(client, text, status):
    response = client.entity("GET", "Customer", filter=f"CustomerName eq '{text}'", top=1)
    assert response.status == status
    assert response.body.startswith(b"<!DOCTYPE" if status == 500 else b"[")


def test_an_instance_without_iis_in_front_refuses_none_of_it(open_client):
    client = open_client(iis=False)
    assert client.refused("GET", "StockItem/A+B")[1]["exceptionMessage"] == "No entity satisfies the condition."
