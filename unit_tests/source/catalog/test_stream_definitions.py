"""The streams of an endpoint: entities, details, details of details, each under a name of its own."""

from __future__ import annotations

from acumatica_client.schema.model import Access, EndpointSchema, EntitySchema, EntityShape, ValueType
from source_acumatica.catalog.stream_definitions import nested_members, stream_definitions, with_files

_TEXT, _NUMBER = ValueType.STRING, ValueType.INT


def endpoint(*shapes: EntityShape, top: tuple[str, ...] = ("Order",), access: Access = Access.LIST) -> EndpointSchema:
    by_name = {shape.name: shape for shape in shapes}
    entities = {name: EntitySchema(by_name[name], access=access) for name in top}
    return EndpointSchema("Default", "24.200.001", 4, entities, by_name)


def order(linked: dict[str, str] | None = None, details: dict[str, str] | None = None) -> EntityShape:
    return EntityShape("Order", {"Nbr": _TEXT}, linked or {}, details or {})


LINE = EntityShape("Line", {"LineNbr": _NUMBER}, {"Purchase": "Purchase"}, {"Splits": "Split"})
SPLIT = EntityShape("Split", {"SplitLineNbr": _NUMBER})
PURCHASE = EntityShape("Purchase", {"Vendor": _TEXT})
CONTACT = EntityShape("Contact", {"Email": _TEXT}, {"Address": "Address"}, {"Activities": "Split"})
ADDRESS = EntityShape("Address", {"City": _TEXT})


class TestOffers:
    def test_name_details_after_their_entity_and_their_path(self):
        schema = endpoint(order(details={"Details": "Line"}), LINE, SPLIT, PURCHASE)
        found = stream_definitions(schema)
        assert list(found) == ["Order", "Order_Details", "Order_Details_Splits"]
        assert [offer.detail for offer in found.values()] == ["", "Details", "Details/Splits"]

    def test_of_inquiries_are_none(self):
        assert stream_definitions(endpoint(order(details={"Results": "Split"}), SPLIT, access=Access.INQUIRY)) == {}

    def test_never_share_a_name_even_where_case_is_folded(self):
        taken = EntityShape("order_details", {"Nbr": _TEXT})
        schema = endpoint(
            order(details={"Details": "Split", "details": "Split"}), SPLIT, taken, top=("Order", "order_details")
        )
        assert list(stream_definitions(schema)) == [
            "Order",
            "Order_Details_rows",
            "Order_details_rows_rows",
            "order_details",
        ]


class TestMembers:
    def test_go_two_levels_deep(self):
        schema = endpoint(order({"Contact": "Contact"}, {"Details": "Line"}), LINE, SPLIT, PURCHASE, CONTACT, ADDRESS)
        members = nested_members(schema, schema.entities["Order"])
        assert members.linked == ("Contact", "Contact/Address")
        assert members.details == ("Details", "Details/Splits", "Contact/Activities")
        assert members.beside("Details") == ("Details/Purchase",)
        assert members.beside("Details/Splits") == ()
        assert members.arrays() == ("Details", "Details/Splits", "Contact/Activities", "Details/Purchase")

    def test_leave_out_the_details_of_what_is_an_entity_of_its_own(self):
        schema = endpoint(order({"Contact": "Contact"}), SPLIT, CONTACT, ADDRESS, top=("Order", "Contact"))
        assert nested_members(schema, schema.entities["Order"]).details == ()
        assert nested_members(schema, schema.entities["Contact"]).details == ("Activities",)

    def test_never_repeat_a_shape_along_a_path(self):
        knot = EntityShape("Knot", {"LineNbr": _NUMBER}, {"Up": "Order", "Same": "Knot"}, {"Rows": "Knot"})
        schema = endpoint(order({"Self": "Order", "Knot": "Knot"}, {"Knots": "Knot", "Orders": "Order"}), knot)
        members = nested_members(schema, schema.entities["Order"])
        assert (members.linked, members.details, members.of_rows) == (("Knot",), ("Knots",), ())

    def test_show_files_of_the_record_and_of_its_rows(self):
        assert with_files(("Contact",), ("Details",)) == ("Contact", "files", "Details/files")
