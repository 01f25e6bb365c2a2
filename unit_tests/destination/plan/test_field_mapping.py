"""The mapping of a stream: where columns, constants and paths lead, and what is refused before the first record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

import pytest

from acumatica_client.errors import SettingsError
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EntityShape, ValueType
from destination_acumatica.config.configured_catalog import read_catalog
from destination_acumatica.config.stream_settings import FieldSetting, LookupSetting, StreamSettings
from destination_acumatica.fields.field_paths import find_place
from destination_acumatica.fields.field_values import literal, wanted_form
from destination_acumatica.input.messages import RecordLine, read_message
from destination_acumatica.payload.document import Mapper
from destination_acumatica.plan.write_plan import WritePlan, plan_writes
from unit_tests.destination.builders import catalog, endpoint_schema, record, stream

TEXT = {"type": ["string", "null"]}
ITEMS = {"type": "array", "items": {"type": "object", "properties": {"sku": TEXT, "qty": {"type": "integer"}}}}


def planned(
    entity: str,
    *fields: FieldSetting,
    columns: Mapping[str, object] | None = None,
    custom_types: Mapping[str, str] | None = None,
    mode: str = "append",
    **settings: object,
) -> WritePlan:
    chosen = {"s": StreamSettings("s", entity, fields, **settings)}
    configured = read_catalog(catalog(stream("s", mode, columns=columns or {}, key=settings.get("match", ()))))
    (plan,) = plan_writes(configured, endpoint_schema(), chosen, lambda entity: custom_types).values()
    return plan


def refusal(entity: str, *fields: FieldSetting, **more: object) -> str:
    with pytest.raises(SettingsError) as caught:
        planned(entity, *fields, **more)
    return str(caught.value)


def sent(plan: WritePlan, data: bytes | None = None, **columns: object) -> object:
    line = record("s", **columns) if data is None else b'{"type":"RECORD","record":{"stream":"s","data":' + data + b"}}"
    message = read_message(line)
    assert isinstance(message, RecordLine)
    mapper = Mapper(plan, endpoint_schema())
    return dict(mapper.payload(mapper.document(message.columns)))


# --- places


def test_a_column_may_go_into_a_linked_entity_by_its_path() -> None:
    plan = planned(
        "Customer", FieldSetting("MainContact.Email", "mail"), FieldSetting("MainContact/Address/City", "town")
    )
    assert sent(plan, mail="a@b.c", town="Bern", CustomerID="C1") == {
        "CustomerID": {"value": "C1"},
        "MainContact": {"Email": {"value": "a@b.c"}, "Address": {"City": {"value": "Bern"}}},
    }


def test_a_column_named_by_a_path_goes_there_without_a_rule() -> None:
    """Airbyte's own mapping can rename a column, and nothing else."""
    plan = planned("Customer", columns={"CustomerID": TEXT, "MainContact.Email": TEXT})
    assert sent(plan, **{"CustomerID": "C1", "MainContact.Email": "a@b.c"}) == {
        "CustomerID": {"value": "C1"},
        "MainContact": {"Email": {"value": "a@b.c"}},
    }


def test_a_path_and_an_object_fill_one_linked_entity_together() -> None:
    plan = planned("Customer", FieldSetting("MainContact.Email", "mail"))
    assert sent(plan, mail="new", MainContact={"Email": "old", "Address": {"City": "Bern"}}) == {
        "MainContact": {"Email": {"value": "new"}, "Address": {"City": {"value": "Bern"}}}
    }


def test_a_rule_may_look_into_a_nested_column() -> None:
    buyer = {"type": "object", "properties": {"code": TEXT, "shoe_size": TEXT}}
    plan = planned("Customer", FieldSetting("CustomerID", "buyer.code"), columns={"buyer": buyer})
    assert sent(plan, buyer={"code": "C1", "shoe_size": 44}) == {"CustomerID": {"value": "C1"}}
    assert "it has no column buyer.name" in refusal(
        "Customer", FieldSetting("CustomerID", "buyer.name"), columns={"buyer": buyer}
    )


def test_one_column_may_fill_two_fields() -> None:
    plan = planned("Customer", FieldSetting("CustomerID", "code"), FieldSetting("CustomerName", "code"))
    assert sent(plan, code="C1") == {"CustomerID": {"value": "C1"}, "CustomerName": {"value": "C1"}}


# --- constants and defaults


def test_fixed_values_have_the_type_of_their_field() -> None:
    plan = planned(
        "Customer",
        FieldSetting("CreditLimit", value="007.50"),
        FieldSetting("Active", value="TRUE"),
        FieldSetting("CustomerName", value="42"),
        FieldSetting("Since", value="2026-11-30"),
    )
    assert sent(plan) == {
        "CreditLimit": {"value": Decimal("7.50")},
        "Active": {"value": True},
        "CustomerName": {"value": "42"},
        "Since": {"value": "2026-11-30"},
    }


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("many", ValueType.DECIMAL, "a number such as 1234.5"),
        ("1.5", ValueType.INT, "a whole number"),
        ("yes", ValueType.BOOLEAN, "true or false"),
        ("30.11.2026", ValueType.DATETIME, "a date such as 2026-11-30"),
        ("x", ValueType.GUID, "a GUID"),
        ("anything", ValueType.STRING, ""),
        ("anything", None, ""),
    ],
)
def test_a_fixed_value_of_the_wrong_type_is_known_by_its_form(text: str, kind: ValueType | None, words: str) -> None:
    assert wanted_form(text, kind) == words


def test_a_fixed_value_of_the_wrong_type_is_refused() -> None:
    assert "CreditLimit takes a number such as 1234.5, not 'many'" in refusal(
        "Customer", FieldSetting("CreditLimit", value="many")
    )
    assert "Active takes true or false" in refusal("Customer", FieldSetting("Active", "on", default="maybe"))


@pytest.mark.parametrize("text", ["+7", "-0.50", "007", "1.10"])
def test_a_number_of_the_form_is_a_number_of_json(text: str) -> None:
    assert json.loads(bytes(literal(text, ValueType.DECIMAL))) == float(text)


@pytest.mark.parametrize("empty", [{}, {"code": None}, {"code": " "}])
def test_a_default_fills_an_empty_column(empty: dict[str, object]) -> None:
    plan = planned("Customer", FieldSetting("CustomerName", "code", default="Walk-in"))
    assert sent(plan, **empty) == {"CustomerName": {"value": "Walk-in"}}
    assert sent(plan, code="C1") == {"CustomerName": {"value": "C1"}}


def test_a_rule_needs_a_column_or_a_value() -> None:
    assert "the field CustomerName has neither a column nor a value" in refusal(
        "Customer", FieldSetting("CustomerName")
    )


# --- rows


def test_rows_of_an_array_are_mapped_column_by_column() -> None:
    plan = planned(
        "SalesOrder",
        FieldSetting("Details", "line_items"),
        FieldSetting("Details.InventoryID", "line_items.sku"),
        FieldSetting("Details.OrderQty", "line_items.qty"),
        FieldSetting("Details.UnitPrice", value="1.5"),
        columns={"OrderType": TEXT, "line_items": ITEMS},
    )
    lines = [{"sku": "A", "qty": 2}, {"sku": "B", "qty": 3}]
    assert sent(plan, OrderType="SO", line_items=lines) == {
        "OrderType": {"value": "SO"},
        "Details": [
            {"InventoryID": {"value": sku}, "OrderQty": {"value": qty}, "UnitPrice": {"value": Decimal("1.5")}}
            for sku, qty in (("A", 2), ("B", 3))
        ],
    }


def test_the_array_need_not_be_named_where_the_rules_share_it() -> None:
    fields = (FieldSetting("Details.InventoryID", "line_items.sku"), FieldSetting("Details.OrderQty", "line_items.qty"))
    for columns in ({}, {"line_items": ITEMS}):
        plan = planned("SalesOrder", *fields, columns=columns)
        assert sent(plan, line_items=[{"sku": "A", "qty": 2}]) == {
            "Details": [{"InventoryID": {"value": "A"}, "OrderQty": {"value": 2}}]
        }


def test_a_rule_may_put_a_column_of_the_record_into_every_row() -> None:
    plan = planned(
        "SalesOrder",
        FieldSetting("Details.InventoryID", "line_items.sku"),
        FieldSetting("Details.UnitPrice", "price"),
        columns={"price": {"type": "number"}, "line_items": {"type": "array"}},
    )
    rows = [{"sku": "A"}, {"sku": "B"}]
    assert [row["UnitPrice"] for row in sent(plan, price=5, line_items=rows)["Details"]] == [{"value": 5}] * 2


def test_a_flat_record_makes_one_line() -> None:
    plan = planned("SalesOrder", FieldSetting("Details.InventoryID", "sku"), columns={"sku": TEXT, "OrderType": TEXT})
    assert sent(plan, sku="A", OrderType="SO") == {
        "OrderType": {"value": "SO"},
        "Details": [{"InventoryID": {"value": "A"}}],
    }
    assert sent(plan, sku=None, OrderType="SO") == {"OrderType": {"value": "SO"}}


def test_rows_inside_rows_are_mapped_too() -> None:
    plan = planned(
        "SalesOrder", FieldSetting("Details.Allocations.Qty", "items.parts.n"), FieldSetting("Details", "items")
    )
    assert sent(plan, items=[{"parts": [{"n": 1}, {"n": 2}]}]) == {
        "Details": [{"Allocations": [{"Qty": {"value": 1}}, {"Qty": {"value": 2}}]}]
    }


def test_columns_of_rows_are_checked_against_their_fields() -> None:
    said = refusal("SalesOrder", FieldSetting("Details", "line_items"), columns={"line_items": ITEMS})
    assert "it has no member Details/sku" in said
    said = refusal(
        "SalesOrder",
        FieldSetting("Details.Inventory", "line_items.sku"),
        FieldSetting("Details.OrderQty", "line_items.qty"),
        columns={"line_items": ITEMS},
    )
    assert "it has no member Details/Inventory (did you mean InventoryID?)" in said


# --- columns without a place


def test_columns_without_a_field_can_be_ignored_at_every_level() -> None:
    plan = planned(
        "SalesOrder",
        FieldSetting("Details", "line_items"),
        FieldSetting("Details.InventoryID", "line_items.sku"),
        columns={"OrderType": TEXT, "shop_id": TEXT, "line_items": ITEMS},
        unknown_columns="ignore",
    )
    assert sent(plan, OrderType="SO", shop_id="7", line_items=[{"sku": "A", "qty": 2, "colour": "red"}]) == {
        "OrderType": {"value": "SO"},
        "Details": [{"InventoryID": {"value": "A"}}],
    }


def test_what_acumatica_stamps_itself_is_left_out_and_cannot_be_a_target() -> None:
    plan = planned("Customer", columns={"CustomerID": TEXT, "LastModifiedDateTime": TEXT})
    assert sent(plan, CustomerID="C1", LastModifiedDateTime="2026-01-01T00:00:00") == {"CustomerID": {"value": "C1"}}
    assert "LastModifiedDateTime is set by Acumatica itself" in refusal(
        "Customer", FieldSetting("LastModifiedDateTime", "at")
    )


# --- custom fields and attributes


def test_custom_fields_travel_with_the_type_that_the_instance_shows() -> None:
    custom_types = {"Document.UsrShop": "CustomStringField"}
    plan = planned("SalesOrder", columns={"custom_Document_UsrShop": TEXT}, custom_types=custom_types)
    assert sent(plan, custom_Document_UsrShop="web") == {
        "custom": {"Document": {"UsrShop": {"type": "CustomStringField", "value": "web"}}}
    }
    assert CustomField("Document", "UsrShop").column == "custom_Document_UsrShop"


def test_a_custom_field_that_the_instance_does_not_have_is_refused() -> None:
    custom_types = {"Document.UsrShop": "CustomStringField"}
    wanted = "SalesOrder has no custom field Document.UsrShp (did you mean Document.UsrShop?)"
    assert wanted in refusal("SalesOrder", columns={"custom_Document_UsrShp": TEXT}, custom_types=custom_types)
    assert wanted in refusal("SalesOrder", FieldSetting("custom_Document_UsrShp", "shop"), custom_types=custom_types)


def test_custom_fields_of_an_instance_that_does_not_tell_them_are_taken_at_their_word() -> None:
    plan = planned("SalesOrder", columns={"custom_Document_UsrShop": TEXT}, custom_types=None)
    assert sent(plan, custom_Document_UsrShop="web") == {"custom": {"Document": {"UsrShop": {"value": "web"}}}}


def test_custom_fields_of_rows_stay_in_their_rows() -> None:
    rows = {"type": "array", "items": {"properties": {"custom_Transactions_UsrGift": {"type": "boolean"}}}}
    custom_types = {"Transactions.UsrGift": "CustomBooleanField"}
    plan = planned("SalesOrder", columns={"Details": rows}, custom_types=custom_types)
    gift = {"type": "CustomBooleanField", "value": True}
    assert sent(plan, Details=[{"InventoryID": "A", "custom_Transactions_UsrGift": True}]) == {
        "Details": [{"InventoryID": {"value": "A"}, "custom": {"Transactions": {"UsrGift": gift}}}]
    }


APPROVAL = {"Base_Approval.UsrX": "CustomStringField", "Details/Tran_Line.UsrY": "CustomIntField"}
UNDERSCORED = CustomField("Base_Approval", "UsrX").column


@pytest.mark.parametrize("fields", [(), (FieldSetting(UNDERSCORED, "shop"),)])
def test_a_custom_field_of_a_view_with_an_underscore_goes_back_to_that_view(fields: tuple[FieldSetting, ...]) -> None:
    column = "shop" if fields else UNDERSCORED
    plan = planned("SalesOrder", *fields, columns={column: TEXT}, custom_types=APPROVAL)
    assert sent(plan, **{column: "web"}) == {
        "custom": {"Base_Approval": {"UsrX": {"type": "CustomStringField", "value": "web"}}}
    }


@pytest.mark.parametrize(
    "fields", [(), (FieldSetting("Details.custom_Tran_Line_UsrY", "Details.custom_Tran_Line_UsrY"),)]
)
def test_so_does_one_of_rows(fields: tuple[FieldSetting, ...]) -> None:
    rows = {"type": "array", "items": {"properties": {"custom_Tran_Line_UsrY": {"type": "integer"}}}}
    plan = planned("SalesOrder", *fields, columns={"Details": rows}, custom_types=APPROVAL)
    assert sent(plan, Details=[{"custom_Tran_Line_UsrY": 7.0}]) == {
        "Details": [{"custom": {"Tran_Line": {"UsrY": {"type": "CustomIntField", "value": 7}}}}]
    }


def test_of_a_view_with_an_underscore_a_misspelt_field_is_refused_too() -> None:
    words = refusal("SalesOrder", columns={"custom_Base_Approval_UsrZ": TEXT}, custom_types=APPROVAL)
    assert "SalesOrder has no custom field Base.Approval_UsrZ (did you mean Base_Approval.UsrX?)" in words


@pytest.mark.parametrize(
    ("given", "kept"), [("red", "red"), (True, "1"), (False, "0"), (["S", "M"], "S,M"), (Decimal("1.50"), "1.50")]
)
def test_an_attribute_is_kept_as_text(given: object, kept: str) -> None:
    rows = {"Attributes": [{"AttributeID": {"value": "COLOR"}, "Value": {"value": kept}}]}
    assert sent(planned("Customer"), Attributes={"COLOR": given}) == rows
    assert sent(planned("Customer", FieldSetting("Attributes.COLOR", "colour")), colour=given) == rows


def test_attributes_come_together_from_an_object_and_from_columns() -> None:
    plan = planned("Customer", FieldSetting("Attributes.SIZE", "size"), FieldSetting("Attributes.COLOR", "colour"))
    assert sent(plan, Attributes={"COLOR": "blue", "SHAPE": None}, size="L", colour="red") == {
        "Attributes": [
            {"AttributeID": {"value": "SIZE"}, "Value": {"value": "L"}},
            {"AttributeID": {"value": "COLOR"}, "Value": {"value": "red"}},
        ]
    }


# --- nulls


def test_nulls_clear_where_the_settings_say_so() -> None:
    custom_types = {"BAccount.UsrX": "CustomStringField"}
    plan = planned("Customer", nulls="clear", columns={"custom_BAccount_UsrX": TEXT}, custom_types=custom_types)
    empty = {"CustomerName": None, "MainContact": {"Email": None}, "custom_BAccount_UsrX": None, "Attributes": None}
    assert sent(plan, CustomerID="C1", **empty) == {
        "CustomerID": {"value": "C1"},
        "CustomerName": {"value": None},
        "MainContact": {"Email": {"value": None}},
        "custom": {"BAccount": {"UsrX": {"type": "CustomStringField", "value": None}}},
    }


def test_a_null_key_is_never_sent_to_be_cleared() -> None:
    assert sent(planned("SalesOrder", nulls="clear"), OrderType="SO", OrderNbr=None) == {"OrderType": {"value": "SO"}}


def test_nulls_of_custom_fields_clear_nothing_otherwise() -> None:
    custom = {"BAccount": {"UsrX": {"type": "CustomStringField", "value": None}, "UsrY": {"value": "y"}}}
    assert sent(planned("Customer"), CustomerID="C1", custom=custom, custom_BAccount_UsrZ=None) == {
        "CustomerID": {"value": "C1"},
        "custom": {"BAccount": {"UsrY": {"value": "y"}}},
    }


# --- lookups, matches, references in the plan


@pytest.mark.parametrize(
    ("lookup", "words"),
    [
        (
            LookupSetting("Custmer", "CustomerID", "CustomerID"),
            "there is no entity Custmer to look up (did you mean Customer",
        ),
        (LookupSetting("Customer", "Email", "CustomerID"), "Customer has no field Email that a lookup can use"),
        (LookupSetting("SalesOrder", "Details.InventoryID", "OrderNbr"), "no field Details.InventoryID that a lookup"),
        (LookupSetting("Customer", "CustomerID", ""), "Customer has no field (none) that a lookup can use"),
    ],
)
def test_a_lookup_that_cannot_work_is_refused(lookup: LookupSetting, words: str) -> None:
    assert words in refusal("SalesOrder", FieldSetting("CustomerID", "mail", lookup=lookup))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"match": ("Nme",)}, "Customer has no field Nme that a record can be found by"),
        ({"match": ("Attributes.Value",)}, "no field Attributes.Value that a record can be found by"),
        ({"match": ("id",)}, "a record is found by id only to update or delete it"),
        ({"reference": "ExtRef"}, "Customer has no field ExtRef that a record can be found by"),
    ],
)
def test_a_match_that_cannot_work_is_refused(settings: dict[str, object], words: str) -> None:
    assert words in refusal("Customer", columns={"CustomerName": TEXT, "id": TEXT, "Nme": TEXT}, **settings)


def test_a_match_by_a_field_that_nothing_fills_is_refused() -> None:
    said = refusal("Customer", columns={"CustomerName": TEXT}, match=("MainContact.Email",))
    assert "no column gives MainContact.Email, which records are found by" in said
    assert planned("Customer", columns={"MainContact": {"type": "object"}}, match=("MainContact.Email",))


def test_the_reference_of_a_document_is_its_external_one_unless_the_settings_say_otherwise() -> None:
    assert planned("SalesOrder").reference == "ExternalRef"
    assert planned("SalesOrder", reference="CustomerID").reference == "CustomerID"
    assert planned("SalesOrder", reference="none").reference == planned("Customer").reference == ""


def test_a_drop_down_of_contract_5_is_also_known_by_its_id() -> None:
    shape = EntityShape("Order", fields={"Status": ValueType.STRING_SELECT, "Note": ValueType.STRING})
    assert not isinstance(find_place("Status_id", shape, {}), str)
    assert find_place("Note_id", shape, {}) == "it has no member Note_id (did you mean Note?)"
