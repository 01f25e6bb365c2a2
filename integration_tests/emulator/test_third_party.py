"""A client that nobody here wrote, unmodified, against the emulator."""

from __future__ import annotations

from importlib import import_module

import pytest

from acumatica_emulator import Emulator

easy = pytest.importorskip("easy_acumatica", reason="the PyPI package easy-acumatica is not installed here")


@pytest.fixture(scope="module")
def emulator():
    """At the root of the host, because this client joins site-absolute links to its base URL."""
    with Emulator(seed=7, site="", seats=1) as running:
        yield running
        assert running.sessions_open == 0


@pytest.fixture(scope="module")
def client(emulator, tmp_path_factory):
    client = easy.AcumaticaClient(
        base_url=emulator.url,
        username="admin",
        password="secret",
        tenant="Company",
        endpoint_version="24.200.001",
        rate_limit_calls_per_second=1000,
        cache_dir=tmp_path_factory.mktemp("cache"),
    )
    yield client
    client.logout()


def options(**given):
    return import_module("easy_acumatica.odata").QueryOptions(**given)


def test_it_signs_in_and_builds_a_service_for_every_entity(client, emulator):
    assert emulator.sessions_open == 1
    assert {"Customer", "SalesOrder", "StockItem"} <= set(client.list_services())


def test_it_lists_with_a_filter_a_choice_and_a_part(client):
    chosen = options(filter="Status eq 'Active'", select=["CustomerID", "MainContact"], expand=["MainContact"], top=3)
    rows = client.customer.get_list(options=chosen)
    assert [len(rows), "Email" in rows[0]["MainContact"]] == [3, True]


def test_it_reads_by_key(client):
    row = client.sales_order.get_by_keys(OrderType="SO", OrderNbr="SO000002", options=options(expand=["Details"]))
    assert row["Details"]


def test_it_writes_reads_back_and_deletes(client, emulator):
    made = client.customer.put_entity({"CustomerID": {"value": "EZ1"}, "CustomerName": {"value": "Easy"}})
    assert made["CustomerID"]["value"] == "EZ1"
    assert client.customer.get_by_id(made["id"])["CustomerName"]["value"] == "Easy"
    client.customer.delete_by_id(made["id"])
    assert not [row for row in emulator.records("Customer") if row["CustomerID"] == "EZ1"]


def test_it_runs_an_action(client, emulator):
    models = import_module("easy_acumatica.models")
    order = models.SalesOrder(OrderType="SO", OrderNbr="SO000002")
    client.sales_order.invoke_action_cancel_sales_order(models.CancelSalesOrder(entity=order))
    cancelled = [row["OrderNbr"] for row in emulator.records("SalesOrder") if row["Status"] == "Canceled"]
    assert cancelled == ["SO000002"]


def test_it_attaches_a_file_and_finds_it(client):
    row = client.customer.get_by_keys(CustomerID="ALPIN0000")
    client.customer.put_file(row["id"], "note.txt", b"hello")
    (file,) = client.customer.get_files(row["id"])
    assert file["filename"].endswith("\\note.txt")


def test_it_says_what_the_server_said(client):
    with pytest.raises(easy.AcumaticaError, match="No entity satisfies the condition"):
        client.customer.get_by_keys(CustomerID="NOBODY")
