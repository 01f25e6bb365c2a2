"""The destination catalog: what can be done with which entity, and a connection that was made from it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from destination_acumatica.plan.destination_catalog import destination_catalog
from destination_acumatica.run import run
from unit_tests.destination.builders import CONFIG, Erp, Result, endpoint_schema, record, run_write, state, stream

OPERATIONS = {
    (operation["object_name"], operation["sync_mode"]): operation
    for operation in destination_catalog(endpoint_schema())["operations"]
}


def properties(operation: Mapping[str, object]) -> dict[str, dict[str, object]]:
    return dict(operation["json_schema"]["properties"])


def discover(folder: Path, erp: Erp, **settings: object) -> Result:
    (folder / "config.json").write_text(json.dumps({**CONFIG, **settings}))
    out = io.BytesIO()
    argv = ["discover", "--config", str(folder / "config.json")]
    return Result(run(argv, stdin=io.BytesIO(), stdout=out, open_endpoint=lambda chosen: erp), out.getvalue())


def test_each_entity_has_an_operation_for_each_mode_that_it_can_take() -> None:
    modes = {name: {mode for entity, mode in OPERATIONS if entity == name} for name, _ in OPERATIONS}
    assert modes == {
        "Customer": {"append", "append_dedup", "update"},
        "Contact": {"append", "append_dedup", "update"},
        "SalesOrder": {"append", "append_dedup", "update"},
        "Ledgerless": {"append"},
    }


def test_a_key_of_several_fields_is_one_matching_key() -> None:
    assert OPERATIONS["SalesOrder", "append_dedup"]["matching_keys"] == [["OrderType", "OrderNbr"]]
    assert OPERATIONS["SalesOrder", "append_dedup"]["json_schema"]["required"] == ["OrderType", "OrderNbr"]


def test_a_mode_that_matches_nothing_has_no_matching_keys() -> None:
    """An empty list would be a choice without an option."""
    assert "matching_keys" not in OPERATIONS["SalesOrder", "append"]
    assert "required" not in OPERATIONS["SalesOrder", "append"]["json_schema"]


def test_fields_have_the_types_of_the_endpoint() -> None:
    fields = properties(OPERATIONS["Customer", "append"])
    assert fields["CustomerID"] == {"type": "string"}
    assert fields["CreditLimit"] == {"type": ["null", "number"]}
    assert fields["Since"] == {"type": ["null", "string"], "format": "date-time"}
    assert fields["MainContact.Address.City"] == {"type": ["null", "string"]}
    assert fields["MainContact.ContactID"] == {"type": ["null", "integer"]}
    assert fields["Attributes"]["items"]["properties"]["Value"] == {"type": ["null", "string"]}


def test_what_acumatica_stamps_itself_is_not_offered() -> None:
    assert "LastModifiedDateTime" not in properties(OPERATIONS["Customer", "append"])


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: f"{one['object_name']}-{one['sync_mode']}")
def test_every_schema_is_one(operation: Mapping[str, object]) -> None:
    Draft7Validator.check_schema(operation["json_schema"])
    assert operation["json_schema"]["additionalProperties"] is True


def test_discover_is_one_message_and_gives_the_session_back(tmp_path: Path) -> None:
    erp = Erp()
    result = discover(tmp_path, erp)
    assert (result.code, erp.closed, len(result.of("DESTINATION_CATALOG"))) == (0, 1, 1)
    (catalog,) = result.of("DESTINATION_CATALOG")
    assert {operation["object_name"] for operation in catalog["operations"]} >= {"Customer", "SalesOrder"}
    assert {operation["sync_mode"] for operation in catalog["operations"]} >= {"append", "append_dedup"}


def test_discover_that_cannot_work_says_why(tmp_path: Path) -> None:
    result = discover(tmp_path, Erp(), instance_uri="")
    assert (result.code, result.error["failure_type"]) == (1, "config_error")
    assert "hidden" not in result.raw.decode()


@pytest.mark.parametrize(
    "key", [[["OrderType", "OrderNbr"]], [["OrderType"], ["OrderNbr"]]], ids=["as one path", "as two"]
)
def test_a_connection_is_written_to_its_destination_object_by_its_matching_key(
    tmp_path: Path, key: list[list[str]]
) -> None:
    described = stream("warehouse_rows", columns=("OrderType", "OrderNbr", "ExternalRef"))
    chosen = {**described, "destination_object_name": "SalesOrder", "primary_key": key}
    erp = Erp()
    row = record("warehouse_rows", OrderType="SO", OrderNbr="1", ExternalRef="a")
    result = run_write(tmp_path, [row, state("warehouse_rows", 1)], chosen, erp=erp)
    assert (result.code, result.counts) == (0, [(1, 0)]), result.raw
    assert erp.saved("SalesOrder", "ExternalRef") == ["a"]


def test_a_connection_whose_object_is_not_that_of_the_settings_is_refused(tmp_path: Path) -> None:
    chosen = {**stream("buyers", "append"), "destination_object_name": "Customer"}
    entry = {"stream": "buyers", "entity": "Contact"}
    result = run_write(tmp_path, [], chosen, erp=Erp(), streams=[entry])
    assert result.error["failure_type"] == "config_error"
    assert "the connection maps it to Customer, and the setting Streams to Contact" in str(result.error["message"])
