"""A session of the PyPI package easy-acumatica, run by its own interpreter; writes what each step saw, as JSON.

Usage: third_party_client.py URL FOLDER, the folder for its cache and for seen.json. It takes the package and
nothing of this project.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from easy_acumatica import AcumaticaClient, AcumaticaError, models
from easy_acumatica.odata import QueryOptions

Seen = object  # whatever JSON can say


def steps(client: AcumaticaClient) -> Iterator[tuple[str, Callable[[], Seen]]]:
    """The steps by name, in order. A step that raises is reported by the name of its error and its text."""
    customer, order = client.customer, client.sales_order
    made: dict = {}

    def upsert() -> Seen:
        body = {"CustomerID": {"value": "EZ1"}, "CustomerName": {"value": "Easy"}}
        made.update(customer.put_entity(body))
        again = customer.put_entity({**body, "CustomerName": {"value": "Easier"}})
        return [made["id"] == again["id"], again["CustomerName"]["value"]]

    def action() -> Seen:
        entity = models.SalesOrder(OrderType="SO", OrderNbr="SO000002")
        order.invoke_action_cancel_sales_order(models.CancelSalesOrder(entity=entity))
        return order.get_by_keys(OrderType="SO", OrderNbr="SO000002")["Status"]["value"]

    def attach() -> Seen:
        row = customer.get_by_keys(CustomerID="ALPIN0000")
        customer.put_file(row["id"], "note.txt", b"hello")
        return [file["filename"] for file in customer.get_files(row["id"])]

    wanted = QueryOptions(
        filter="Status eq 'Active'", select=["CustomerID", "MainContact"], expand=["MainContact"], top=3
    )
    lines = QueryOptions(expand=["Details"])
    yield "services", lambda: sorted(client.list_services())
    yield "list", lambda: customer.get_list(options=wanted)
    yield "page", lambda: [row["CustomerID"]["value"] for row in customer.get_list(options=QueryOptions(top=2, skip=1))]
    yield "key", lambda: len(order.get_by_keys(OrderType="SO", OrderNbr="SO000002", options=lines)["Details"])
    yield "upsert", upsert
    yield "id", lambda: customer.get_by_id(made["id"])["CustomerName"]["value"]
    yield "delete", lambda: customer.delete_by_id(made["id"])
    yield "missing", lambda: customer.get_by_keys(CustomerID="EZ1")
    yield "unknown field", lambda: customer.get_list(options=QueryOptions(filter="Nonsense eq 'x'"))
    yield "action", action
    yield "attach", attach


def main(url: str, folder: str) -> None:
    client = AcumaticaClient(
        base_url=url,
        username="admin",
        password="secret",
        tenant="Company",
        endpoint_version="24.200.001",
        rate_limit_calls_per_second=1000,
        cache_dir=folder,
    )
    seen: dict[str, Seen] = {}
    try:
        for name, step in steps(client):
            try:
                seen[name] = step()
            except (AcumaticaError, LookupError, TypeError, ValueError) as error:
                seen[name] = f"{type(error).__name__}: {error}"
    finally:
        client.logout()
    Path(folder, "seen.json").write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
