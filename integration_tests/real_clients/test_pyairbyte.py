"""PyAirbyte, unmodified, runs both connectors: into DuckDB with SQL over it, and its own validation of each."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from acumatica_emulator import Emulator
from integration_tests.real_clients.conftest import COMMANDS, Client

pytestmark = pytest.mark.real_clients
INSTALL = Path(__file__).resolve().parents[2] / "docs" / "install.md"
ORDERS = """
select customerid, count(*) as orders, sum(cast(ordertotal as decimal(19, 4))) as total
from salesorder group by customerid order by customerid
"""


def test_sql_over_what_was_read_agrees_with_the_instance(
    pyairbyte: Client, instance: Emulator, form: dict, tmp_path: Path
) -> None:
    streams = "Customer,SalesOrder,ShipVia"
    result = pyairbyte.run(
        "read_into_duckdb.py", str(COMMANDS / "source-acumatica"), json.dumps(form), str(tmp_path), streams, ORDERS
    )
    expected: dict[str, list[Decimal]] = defaultdict(list)
    for order in instance.records("SalesOrder"):
        expected[order["CustomerID"]].append(Decimal(str(order["OrderTotal"])))
    found = {row["customerid"]: (int(row["orders"]), Decimal(row["total"])) for row in result["rows"]}
    assert found == {customer: (len(totals), sum(totals)) for customer, totals in expected.items()}
    assert result["read"][0] == sum(len(instance.records(entity)) for entity in streams.split(","))
    assert result["read"][1] < result["read"][0]


@pytest.mark.parametrize("connector", ["source-acumatica", "destination-acumatica"])
def test_pyab_validate_passes(pyairbyte: Client, form: dict, connector: str) -> None:
    pyab = str(pyairbyte.python.parent / "pyab")
    done = pyairbyte.call(pyab, "validate", f"--connector={COMMANDS / connector}", f"--config={json.dumps(form)}")
    assert done.returncode == 0, done.stdout + done.stderr


USERS = {
    "stream": "users",
    "entity": "Customer",
    "fields": [
        {"to": "CustomerID", "from": "id"},
        {"to": "CustomerName", "from": "name"},
        {"to": "MainContact.Email", "from": "email"},
        {"to": "MainContact.JobTitle", "from": "occupation"},
    ],
    "unknown_columns": "ignore",
}


def customers(instance: Emulator) -> dict[str, Any]:
    return {row["CustomerID"]: row for row in instance.records("Customer", "Branch")}


def test_users_of_the_public_faker_become_customers_and_a_second_sync_changes_nothing(
    pyairbyte: Client, faker: Path, instance: Emulator, form: dict
) -> None:
    config = json.dumps({**form, "company": "Branch", "streams": [USERS]})
    sync = ("write_users.py", str(faker), str(COMMANDS / "destination-acumatica"), config, "60")
    pyairbyte.run(*sync)
    first = customers(instance)
    assert len(first) == 60
    assert all(row["CustomerName"] for row in first.values())
    instance.tick(7200)
    pyairbyte.run(*sync)
    assert {key: row["LastModifiedDateTime"] for key, row in customers(instance).items()} == {
        key: row["LastModifiedDateTime"] for key, row in first.items()
    }


def test_the_scripts_of_the_page_about_installing_read_into_duckdb_and_write(
    pyairbyte: Client, faker: Path, instance: Emulator, form: dict, tmp_path: Path
) -> None:
    read, write = re.findall(r"^```python\n(.*?)^```", INSTALL.read_text("utf-8"), re.M | re.S)
    (tmp_path / "source.json").write_text(json.dumps(form), encoding="utf-8")
    destination = {**form, "company": "Branch", "streams": [USERS]}
    (tmp_path / "destination.json").write_text(json.dumps(destination), encoding="utf-8")
    commands = os.pathsep.join(map(str, (COMMANDS, faker.parent)))
    for script in (read, write):
        done = pyairbyte.call(str(pyairbyte.python), "-c", script, folder=tmp_path, path=commands)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert len(customers(instance)) == 60
