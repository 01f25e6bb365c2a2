"""Records whose key cannot be part of an address are reached by their id, whatever is done with them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from acumatica_client import errors
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.query import Query
from unit_tests.client.api.test_client import OFFER, Stage

ID = "0b7c8a52-3c5f-4e6b-9f43-1f2e3d4c5b6a"
BAD_KEYS = [
    "C++",
    "ACME Inc.",
    "ACME ",
    "CON",
    "nul.txt",
    "<NEW>",
    "R&D",
    "50%",
    "10:30",
    "a/b",
    "a\\b",
    "",
    "..",
    "A" * 300,
]
GOOD_KEYS = ["000123", "A B", "ÄÖ", "C#1"]


@pytest.fixture
def stage(swagger: Callable[..., bytes]) -> Callable[..., Stage]:
    """A client of Customers, keyed by CustomerID, and of SalesOrders, by OrderType and OrderNbr."""
    entities = {"Customer": {"CustomerID": "String"}, "SalesOrder": {"OrderType": "String", "OrderNbr": "String"}}
    document = swagger(entities, {"Customer": "Customers (AR303000)", "SalesOrder": "Sales Orders (SO301000)"})

    def build(*answers: Answer) -> Stage:
        made = Stage(Answer(200, {}, OFFER), Answer(200, {}, document), *answers)
        made.client.schema()
        made.sent.clear()
        return made

    return build


def row(**fields: str) -> bytes:
    members = "".join(f',"{name}":{{"value":"{value}"}}' for name, value in fields.items())
    return f'{{"id":"{ID}"{members}}}'.encode().replace(b"\\", b"\\\\")


def rows(*records: bytes) -> Answer:
    return Answer(200, {}, b"[" + b",".join(records) + b"]")


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_record_is_read_by_the_id_that_its_key_finds(stage: Callable[..., Stage], key: str) -> None:
    made = stage(rows(row(CustomerID=key)), Answer(200, {}, row(CustomerID=key)))

    assert made.client.fetch_one("Customer", [key], Query(archived=True)) == row(CustomerID=key)
    search, read = made.sent
    assert search.params["$filter"] == f"CustomerID eq '{key}'"
    assert search.headers == read.headers == {"PX-ApiArchive": "SHOW"}
    assert read.path == f"/entity/Default/24.200.001/Customer/{ID}"


@pytest.mark.parametrize("key", BAD_KEYS)
def test_one_part_of_a_key_is_enough(stage: Callable[..., Stage], key: str) -> None:
    made = stage(rows(row(OrderType="SO", OrderNbr=key)), Answer(204))

    made.client.delete("SalesOrder", ["SO", key])

    assert made.sent[0].params["$filter"] == f"OrderType eq 'SO' and OrderNbr eq '{key}'"
    assert (made.sent[1].method, made.sent[1].path) == ("DELETE", f"/entity/Default/24.200.001/SalesOrder/{ID}")


@pytest.mark.parametrize("key", [*GOOD_KEYS, ID])
def test_a_key_that_fits_and_an_id_cost_no_other_request(stage: Callable[..., Stage], key: str) -> None:
    made = stage(Answer(200, {}, row(CustomerID=key)))

    made.client.fetch_one("Customer", [key], Query())

    assert len(made.sent) == 1


def test_a_key_that_no_record_has_is_no_such_record(stage: Callable[..., Stage]) -> None:
    with pytest.raises(errors.NoSuchRecord, match="Customer has the key CustomerID 'C\\+\\+'"):
        stage(rows()).client.fetch_one("Customer", ["C++"], Query())


def test_among_records_that_the_server_takes_for_alike_the_exact_one_is_meant(stage: Callable[..., Stage]) -> None:
    other = b'{"id":"other","CustomerID":{"value":"c++"}}'
    made = stage(rows(other, row(CustomerID="C++")), Answer(204))

    made.client.delete("Customer", ["C++"])

    assert made.sent[1].path.endswith(ID)


def test_of_several_that_are_only_alike_none_is_taken(stage: Callable[..., Stage]) -> None:
    alike = [b'{"id":"%d","CustomerID":{"value":"c++"}}' % number for number in range(2)]
    made = stage(rows(*alike))

    with pytest.raises(errors.NoSuchRecord):
        made.client.delete("Customer", ["C++"])

    assert len(made.sent) == 1


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_file_goes_to_the_id_where_the_build_gives_no_links(stage: Callable[..., Stage], key: str) -> None:
    made = stage(Answer(204))

    made.client.upload("Customer", [key], {"id": ID}, name="a.pdf", content=b"x")

    assert made.sent[0].path == f"/entity/Default/24.200.001/Customer/{ID}/files/a.pdf"


def test_a_form_with_one_record_has_no_key(stage: Callable[..., Stage]) -> None:
    made = stage(Answer(200, {}, row()))

    made.client.fetch_one("Customer", [], Query())

    assert [request.path for request in made.sent] == ["/entity/Default/24.200.001/Customer"]
