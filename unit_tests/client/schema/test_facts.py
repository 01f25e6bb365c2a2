"""The table of facts: keys, access and cursors, and when they are not to be trusted."""

from __future__ import annotations

import json
from collections import Counter
from importlib.resources import files

import pytest

from acumatica_client.schema.facts import CURSOR_NAMES, Fact, Facts, former_cursors, load_facts, read_rows
from acumatica_client.schema.model import Access, EntitySchema, EntityShape, ValueType

TEXT, TIMESTAMP = ValueType.STRING, ValueType.DATETIME


def entity(name: str, screen: str = "", **fields: ValueType) -> EntitySchema:
    return EntitySchema(EntityShape(name, fields), screen=screen)


def completed(endpoint: str, of: EntitySchema) -> EntitySchema:
    return load_facts().complete(endpoint, of)


class TestKeys:
    def test_keys_come_in_the_order_of_urls(self):
        order = entity("SalesOrder", "SO301000", OrderNbr=TEXT, OrderType=TEXT)
        assert completed("Default", order).keys == ("OrderType", "OrderNbr")
        assert completed("Default", order).primary_key == ("OrderType", "OrderNbr")

    @pytest.mark.parametrize("endpoint", ["Default", "default", "DEFAULT", "eCommerce", "ECOMMERCE", "MyShop"])
    def test_endpoints_that_extend_default_use_its_rows(self, endpoint: str):
        assert completed(endpoint, entity("Customer", "AR303000", CustomerID=TEXT)).keys == ("CustomerID",)

    @pytest.mark.parametrize("endpoint", ["MANUFACTURING", "Manufacturing", "MyPlant"])
    def test_manufacturing_has_rows_of_its_own(self, endpoint: str):
        order = entity("ProductionOrder", "AM201500", OrderType=TEXT, ProductionNbr=TEXT)
        assert completed(endpoint, order).keys == ("OrderType", "ProductionNbr")

    def test_a_customers_entity_on_another_form_gets_no_keys_of_a_namesake(self):
        assert completed("MyShop", entity("Invoice", "SO303000", Type=TEXT, ReferenceNbr=TEXT)).keys == ()
        assert completed("MyShop", entity("Invoice", "AR301000", Type=TEXT, ReferenceNbr=TEXT)).keys == (
            "Type",
            "ReferenceNbr",
        )

    def test_where_the_document_does_not_name_the_form_the_name_must_do(self):
        assert completed("MyShop", entity("Invoice", "", Type=TEXT, ReferenceNbr=TEXT)).keys == ("Type", "ReferenceNbr")

    def test_an_entity_of_the_endpoint_itself_may_have_moved_to_another_form(self):
        assert completed("Default", entity("UnitsOfMeasure", "CS999999", UnitID=TEXT)).keys == ("UnitID",)

    def test_keys_that_the_live_shape_lacks_are_replaced_by_id(self):
        older = entity("UnitsOfMeasure", "CS203100", FromUOM=TEXT, ToUOM=TEXT)
        assert completed("Default", older).keys == ()
        assert completed("Default", older).primary_key == ("id",)

    def test_half_a_key_is_no_key(self):
        assert completed("Default", entity("SalesOrder", "SO301000", OrderNbr=TEXT)).keys == ()

    @pytest.mark.parametrize(
        ("endpoint", "name", "field"),
        [
            ("Default", "AmazonStore", "BindingName"),
            ("Default", "ContractUsage", "ContractID"),
            ("Default", "TaxReportingSettings", "TaxAgency"),
        ],
    )
    def test_keys_that_two_records_could_share_are_not_used(self, endpoint: str, name: str, field: str):
        assert load_facts().find(endpoint, name).keys == (field,)
        assert completed(endpoint, entity(name, **{field: TEXT})).primary_key == ("id",)

    def test_an_unknown_entity_has_only_its_id(self):
        assert completed("Default", entity("Zebra", "ZZ101000", ZebraID=TEXT)).primary_key == ("id",)


class TestCursor:
    def test_the_first_of_the_usual_names_is_taken(self):
        fields = dict.fromkeys(reversed(CURSOR_NAMES), TIMESTAMP)
        assert completed("Default", entity("StockItem", **fields)).cursor == "LastModifiedDateTime"
        assert completed("Default", entity("SalesOrder", LastModified=TIMESTAMP)).cursor == "LastModified"
        assert completed("Default", entity("Zebra", LastModifiedDate=TIMESTAMP)).cursor == "LastModifiedDate"

    def test_a_text_that_looks_like_a_time_is_no_cursor(self):
        assert completed("Default", entity("Zebra", LastModifiedDateTime=TEXT)).cursor is None
        assert completed("Default", entity("Zebra", LastModifiedDateTime=TEXT, LastModified=TIMESTAMP)).cursor == (
            "LastModified"
        )

    def test_the_time_of_creation_is_no_cursor(self):
        assert (
            completed(
                "Default", entity("Zebra", CreatedDateTime=TIMESTAMP, CreatedDate=TIMESTAMP, Date=TIMESTAMP)
            ).cursor
            is None
        )

    @pytest.mark.parametrize(
        ("endpoint", "name", "field"),
        [
            ("Default", "InventoryQuantityAvailable", "LastModifiedDateTime"),
            ("eCommerce", "BCShipments", "LastModified"),
            ("MyShop", "BCShipments", "LastModified"),
        ],
    )
    def test_a_parameter_of_a_filter_is_no_cursor(self, endpoint: str, name: str, field: str):
        assert completed(endpoint, entity(name, **{field: TIMESTAMP})).cursor is None

    def test_a_named_cursor_goes_before_the_usual_names(self):
        history = entity("CostRollHistory", "AM408000", LastUpdatedDateTime=TIMESTAMP)
        assert completed("MANUFACTURING", history).cursor == "LastUpdatedDateTime"
        assert completed("MANUFACTURING", entity("CostRollHistory", LastUpdatedDateTime=TEXT)).cursor is None

    def test_a_row_can_forbid_a_cursor(self):
        facts = Facts([Fact("Default", "Zebra", cursor="none")])
        assert facts.complete("Default", entity("Zebra", LastModifiedDateTime=TIMESTAMP)).cursor is None

    @pytest.mark.parametrize("access", [Access.INQUIRY, Access.PROCESSING, Access.SINGLETON])
    def test_only_lists_have_a_cursor(self, access: Access):
        facts = Facts([Fact("Default", "Zebra", access=access)])
        assert facts.complete("Default", entity("Zebra", LastModifiedDateTime=TIMESTAMP)).cursor is None


class TestAccess:
    @pytest.mark.parametrize(
        ("endpoint", "name", "access"),
        [
            ("Default", "SalesOrder", Access.LIST),
            ("Default", "InventorySummaryInquiry", Access.INQUIRY),
            ("eCommerce", "InventorySummaryInquiry", Access.INQUIRY),
            ("eCommerce", "ItemImages", Access.INQUIRY),
            ("Default", "EmailProcessing", Access.PROCESSING),
            ("Default", "FinancialYear", Access.SINGLETON),
            ("MANUFACTURING", "ProductionPreferences", Access.SINGLETON),
            ("MANUFACTURING", "MRPDisplay", Access.LIST),
            ("Default", "PhysicalInventoryReview", Access.LIST),
        ],
    )
    def test_the_table_says_how_rows_are_reached(self, endpoint: str, name: str, access: Access):
        assert completed(endpoint, entity(name)).access is access

    def test_the_table_says_which_details_have_the_rows_of_an_inquiry(self):
        assert load_facts().find("Default", "ContractUsage").results == ("BilledTransactions", "UnbilledTransactions")
        assert load_facts().find("MyShop", "InventorySummaryInquiry", "IN401000").results == ("Results",)

    def test_an_unknown_entity_counts_as_readable(self):
        assert completed("MyShop", entity("Zebra", "ZZ301000")).access is Access.LIST

    def test_a_generic_inquiry_is_an_inquiry_whatever_its_name(self):
        assert completed("MyShop", entity("Zebra", "GI000123")).access is Access.INQUIRY


class TestTheTable:
    @pytest.fixture
    def rows(self) -> list[Fact]:
        return read_rows((files("acumatica_client.schema") / "facts.csv").read_text(encoding="utf-8"))

    def test_no_entity_stands_twice(self, rows: list[Fact]):
        assert Counter((row.endpoint, row.entity) for row in rows).most_common(1)[0][1] == 1

    def test_rows_are_sorted_so_that_people_find_them(self, rows: list[Fact]):
        names = [(row.endpoint.casefold(), row.entity.casefold()) for row in rows]
        assert names == sorted(names)

    def test_only_known_words_stand_in_it(self, rows: list[Fact]):
        assert {row.endpoint for row in rows} == {"Default", "eCommerce", "MANUFACTURING"}
        assert {row.confidence for row in rows} <= {"", "high", "medium", "low"}

    def test_keys_and_confidence_come_together(self, rows: list[Fact]):
        assert [row.entity for row in rows if bool(row.keys) != bool(row.confidence)] == []

    def test_inquiries_name_their_results_and_lists_have_none(self, rows: list[Fact]):
        without = {row.entity for row in rows if row.access is Access.INQUIRY and not row.results}
        assert without == set()
        assert {row.entity for row in rows if row.access is Access.LIST and row.results} == set()

    def test_comments_and_empty_lines_are_skipped(self):
        head = "# why\n\nendpoint,entity,screen,access,keys,confidence,results,cursor\n# more\n"
        text = f"{head}A,B,,inquiry,x+y,high,R+S,none\n"
        assert read_rows(text) == [Fact("A", "B", "", Access.INQUIRY, ("x", "y"), "high", ("R", "S"), "none")]

    def test_a_row_of_an_unknown_access_is_refused(self):
        with pytest.raises(ValueError, match="sideways"):
            read_rows("endpoint,entity,screen,access,keys,confidence,results,cursor\nA,B,,sideways,,,,\n")

    def test_the_table_is_read_once(self):
        assert load_facts() is load_facts()

    def test_every_key_of_the_reference_catalogue_is_in_it(self, reference):
        catalogue = json.loads(reference("catalog/keys.json"))
        facts = load_facts()
        different = {
            (endpoint, name): (row["keys"], facts.find(endpoint, name).keys)
            for endpoint, entities in catalogue.items()
            for name, row in entities.items()
            if tuple(row["keys"]) != facts.find(endpoint, name).keys
        }
        assert different == {}

    def test_every_inquiry_of_the_reference_catalogue_is_in_it(self, reference):
        catalogue = json.loads(reference("catalog/inquiries.json"))["endpoints"]
        facts = load_facts()
        for endpoint, entities in catalogue.items():
            for name, row in entities.items():
                fact = facts.find(endpoint, name)
                assert (fact.access.value, list(fact.results)) == (row["class"], row.get("detail") or []), name


class TestFormerCursors:
    @pytest.mark.parametrize("cursor", CURSOR_NAMES)
    def test_a_cursor_may_have_had_each_of_the_other_usual_names(self, cursor: str):
        assert {cursor, *former_cursors(cursor)} == set(CURSOR_NAMES)
        assert cursor not in former_cursors(cursor)

    @pytest.mark.parametrize("cursor", [None, "", "LastUpdatedDateTime"])
    def test_one_with_a_name_of_its_own_had_no_other(self, cursor: str | None):
        assert former_cursors(cursor) == ()

    def test_the_cursor_of_orders_was_renamed_in_contract_5(self):
        older = entity("SalesOrder", "SO301000", OrderType=TEXT, OrderNbr=TEXT, LastModified=TIMESTAMP)
        newer = entity("SalesOrder", "SO301000", OrderType=TEXT, OrderNbr=TEXT, LastModifiedDateTime=TIMESTAMP)
        before, after = completed("Default", older), completed("Default", newer)
        assert before.cursor in former_cursors(after.cursor)
        assert before.keys == after.keys


class TestResults:
    def test_the_details_with_the_rows_are_known_where_the_form_has_them(self):
        shape = EntityShape("Budget", {}, {}, {"Details": "Row", "Other": "Row"})
        found = completed("Default", EntitySchema(shape, screen="GL302010"))
        assert (found.access, found.results) == (Access.INQUIRY, ("Details",))

    @pytest.mark.parametrize(
        ("details", "results"), [({}, ()), ({"Rows": "Row"}, ("Rows",)), ({"A": "Row", "B": "Row"}, ())]
    )
    def test_of_a_generic_inquiry_it_is_the_only_detail(self, details: dict[str, str], results: tuple[str, ...]):
        shape = EntityShape("MyGI", {}, {}, details)
        assert completed("Own", EntitySchema(shape, screen="GI000001")).results == results

    def test_lists_have_none(self):
        shape = EntityShape("Bill", {}, {}, {"Details": "Row"})
        assert completed("Default", EntitySchema(shape, screen="AP301000")).results == ()
