"""One entry of the setting Streams, read from the form."""

from __future__ import annotations

import copy

import pytest

from acumatica_client.errors import SettingsError
from destination_acumatica.completion.readback import Verify
from destination_acumatica.config.modes import Mode
from destination_acumatica.config.settings import destination_settings
from destination_acumatica.config.stream_settings import (
    ActionSetting,
    FieldSetting,
    FileSetting,
    FileSource,
    LookupSetting,
    Parameter,
    SoftDelete,
    StreamSettings,
    When,
)
from destination_acumatica.reconcile.update_diff import LineMode, LineRules
from destination_acumatica.specification import connection_specification
from unit_tests.destination.builders import CONFIG

ITEM = connection_specification()["properties"]["streams"]["items"]["properties"]


def read(**entry: object) -> StreamSettings:
    config = {**copy.deepcopy(CONFIG), "streams": [{"stream": "orders", "entity": "SalesOrder", **entry}]}
    return destination_settings(config).streams["orders"]


def test_an_entry_that_says_nothing_leaves_everything_to_the_connection() -> None:
    assert read() == StreamSettings("orders", "SalesOrder")


def test_the_defaults_of_the_form_mean_the_same_as_nothing() -> None:
    assert read(**{name: field["default"] for name, field in ITEM.items() if "default" in field}) == read()


def test_fields_are_mapped_filled_and_looked_up() -> None:
    fields = [
        {"to": "CustomerID", "from": "mail", "lookup": {"entity": "Customer", "where": "Email", "take": "CustomerID"}},
        {"to": "OrderType", "value": "SO"},
        {"to": "Description", "from": "text", "default": "none"},
        {"to": "OrderNbr", "from": "number", "lookup": {}},
    ]
    assert read(fields=fields).fields == (
        FieldSetting("CustomerID", "mail", lookup=LookupSetting("Customer", "Email", "CustomerID")),
        FieldSetting("OrderType", value="SO"),
        FieldSetting("Description", "text", default="none"),
        FieldSetting("OrderNbr", "number"),
    )


def test_how_records_are_found_and_what_happens_to_them() -> None:
    settings = read(
        mode="update",
        existing="ignore",
        missing="insert",
        match="OrderType,  ExternalRef",
        reference="CustomerOrder",
        nulls="clear",
        unknown_columns="ignore",
        deletions="soft_delete",
        soft_delete={"field": "Status", "value": "Canceled", "action": "CancelSalesOrder"},
    )
    assert (settings.mode, settings.existing, settings.missing) == (Mode.UPDATE, "ignore", "insert")
    assert (settings.match, settings.reference) == (("OrderType", "ExternalRef"), "CustomerOrder")
    assert (settings.nulls, settings.unknown_columns, settings.deletions) == ("clear", "ignore", "soft_delete")
    assert settings.soft_delete == SoftDelete("Status", "Canceled", "CancelSalesOrder")


def test_lines_actions_files_and_proof() -> None:
    parameters = [{"name": "WarehouseID", "column": "site"}, {"name": "Date", "value": "2026-11-30"}]
    settings = read(
        lines="replace",
        line_keys=[{"detail": "Details.Allocations", "fields": "LocationID, LotSerialNbr"}],
        verify="reject",
        actions=[
            {"name": "Release", "when": "field_is_not", "field": "Document.Status", "values": "On Hold, Open"},
            {"name": "Ship", "when": "changed", "parameters": parameters, "workflow": True},
        ],
        files=[{"column": "pdf", "name": "order.pdf"}, {"column": "link", "source": "url", "name_column": "title"}],
    )
    assert settings.lines == LineRules(LineMode.REPLACE, {"Details/Allocations": ("LocationID", "LotSerialNbr")})
    assert settings.verify is Verify.REJECT
    assert settings.actions == (
        ActionSetting("Release", When.FIELD_IS_NOT, "Document/Status", ("On Hold", "Open")),
        ActionSetting(
            "Ship",
            When.CHANGED,
            parameters=(Parameter("WarehouseID", column="site"), Parameter("Date", "2026-11-30")),
            workflow=True,
        ),
    )
    assert settings.files == (
        FileSetting("pdf", name="order.pdf"),
        FileSetting("link", FileSource.URL, name_column="title"),
    )
    assert settings.columns_elsewhere() == {"site", "pdf", "link", "title"}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"mode": "merge"}, "Mode must be one of by_sync_mode, insert, update, upsert, delete, soft_delete"),
        ({"missing": "shrug"}, "When an updated record is missing must be one of"),
        (
            {"fields": [{"to": "A", "value": "1"}, {"to": "A", "from": "a"}]},
            "fills the field A of the stream orders twice",
        ),
        ({"line_keys": [{"detail": "Details"}]}, "Key fields must be filled in"),
        ({"actions": [{}]}, "Action must be filled in"),
        ({"files": [{"column": ""}]}, "Column must not be empty"),
    ],
)
def test_an_entry_that_cannot_be_read_is_one_sentence(entry: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(**entry)
    assert words in caught.value.sentence()
