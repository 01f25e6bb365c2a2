"""Which members a record has: expand paths, laid out and listed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.errors import SettingsError
from acumatica_client.record import build_layout, expand_paths
from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape
from acumatica_client.schema.swagger import parse_swagger


class TestLayout:
    def test_without_expand_only_fields_are_laid_out(self, schema: EndpointSchema):
        layout = build_layout(schema, "SalesOrder")
        assert (layout.linked, layout.details, layout.files) == ({}, {}, False)
        assert layout.unwanted == ("Contact", "Details")

    def test_a_path_implies_the_members_above_it(self, schema: EndpointSchema):
        layout = build_layout(schema, "SalesOrder", ["Contact/Address"])
        assert layout.linked["Contact"].linked["Address"].shape.name == "Address"
        assert layout.unwanted == ("Details",)

    def test_paths_that_share_a_beginning_share_a_branch(self, schema: EndpointSchema):
        layout = build_layout(schema, "Person", ["Friends/Home", "Friends", "Friends/Boss"])
        assert list(layout.details) == ["Friends"]
        assert list(layout.details["Friends"].linked) == ["Boss", "Home"]

    def test_members_keep_the_order_of_the_schema_not_of_the_request(self, schema: EndpointSchema):
        assert list(build_layout(schema, "Person", ["Home", "Boss"]).linked) == ["Boss", "Home"]

    def test_files_can_be_asked_for_at_every_level(self, schema: EndpointSchema):
        layout = build_layout(schema, "SalesOrder", ["files", "Details/files"])
        assert layout.files
        assert layout.details["Details"].files
        assert not build_layout(schema, "SalesOrder", ["Details"]).details["Details"].files

    def test_a_shape_that_refers_to_itself_is_laid_out_as_deep_as_asked(self, schema: EndpointSchema):
        layout = build_layout(schema, "Person", ["Boss/Boss/Boss"])
        depth = 0
        while layout.linked:
            layout, depth = layout.linked["Boss"], depth + 1
        assert depth == 3

    def test_an_unknown_entity_is_named(self, schema: EndpointSchema):
        with pytest.raises(SettingsError, match=r"Default/24\.200\.001 has no entity Contact\."):
            build_layout(schema, "Contact")

    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("Lines", "SalesOrder has no nested member 'Lines'"),
            ("OrderNbr", "SalesOrder has no nested member 'OrderNbr'"),
            ("Contact/Street", "SalesOrder/Contact has no nested member 'Street'"),
            ("Details/Allocations/X", "SalesOrder/Details/Allocations has no nested member 'X'"),
            ("", "SalesOrder has no nested member ''"),
        ],
    )
    def test_an_unknown_path_is_named_with_its_place(self, schema: EndpointSchema, path: str, words: str):
        with pytest.raises(SettingsError, match=words):
            build_layout(schema, "SalesOrder", [path])


class TestExpansions:
    def test_parents_come_before_their_children(self, schema: EndpointSchema):
        assert expand_paths(schema, "SalesOrder") == ("Contact", "Contact/Address", "Details", "Details/Allocations")

    def test_depth_cuts_them(self, schema: EndpointSchema):
        assert expand_paths(schema, "SalesOrder", depth=1) == ("Contact", "Details")
        assert expand_paths(schema, "SalesOrder", depth=0) == ()
        assert expand_paths(schema, "SalesOrder", depth=9) == expand_paths(schema, "SalesOrder", depth=2)

    def test_no_shape_is_repeated_along_a_path(self, schema: EndpointSchema):
        assert expand_paths(schema, "Person", depth=50) == ("Home",)

    def test_one_shape_may_stand_in_two_branches(self):
        address = EntityShape("Address")
        order = EntityShape("Order", {}, {"BillTo": "Address", "ShipTo": "Address"})
        schema = EndpointSchema("X", "1", 4, {"Order": EntitySchema(order)}, {"Order": order, "Address": address})
        assert expand_paths(schema, "Order") == ("BillTo", "ShipTo")

    def test_an_unknown_entity_is_named(self, schema: EndpointSchema):
        with pytest.raises(SettingsError, match="no entity Ghost"):
            expand_paths(schema, "Ghost")

    def test_every_expansion_of_the_published_document_can_be_laid_out(self, reference):
        published = parse_swagger(reference("swagger/Default_24.200.001.swagger.json"))
        for entity in published.entities:
            build_layout(published, entity, expand_paths(published, entity))
        assert expand_paths(published, "Customer", 1)[:2] == ("BillingContact", "CreditVerificationRules")


SHAPES = ["A", "B", "C", "D"]


@given(
    st.fixed_dictionaries(
        {
            name: st.tuples(
                st.dictionaries(st.sampled_from(["p", "q"]), st.sampled_from(SHAPES)),
                st.dictionaries(st.sampled_from(["r", "s"]), st.sampled_from(SHAPES)),
            )
            for name in SHAPES
        }
    ),
    st.integers(0, 30),
)
def test_expansions_end_whatever_refers_to_whatever(references: dict, depth: int):
    shapes = {name: EntityShape(name, {}, *members) for name, members in references.items()}
    schema = EndpointSchema("X", "1", 4, {"A": EntitySchema(shapes["A"])}, shapes)
    paths = expand_paths(schema, "A", depth)
    assert len(set(paths)) == len(paths)
    assert all(path.count("/") < min(depth, len(SHAPES) - 1) for path in paths)
    assert all(parent in paths for path in paths if (parent := path.rpartition("/")[0]))
    build_layout(schema, "A", paths)
