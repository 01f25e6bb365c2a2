"""Which columns tell the rows of one record apart: line numbers, identities, attributes; never an id of a session."""

from __future__ import annotations

from acumatica_client.record import line_key
from acumatica_client.schema.model import EntityShape, ValueType

_TEXT, _NUMBER = ValueType.STRING, ValueType.INT
LINE = EntityShape("Line", {"LineNbr": _NUMBER})
SPLIT = EntityShape("Split", {"SplitLineNbr": _NUMBER})


class TestTheKeyOfALine:
    def test_is_its_line_number_where_the_endpoint_shows_one(self):
        assert line_key(LINE, "Details") == ("LineNbr",)
        assert line_key(SPLIT, "Splits") == ("SplitLineNbr",)
        both = EntityShape("Both", {"SplitLineNbr": _NUMBER, "LineNbr": _NUMBER})
        assert line_key(both, "Allocations") == ("LineNbr", "SplitLineNbr")

    def test_is_not_the_line_number_of_a_tax(self):
        fields = {"LineNbr": _NUMBER, "TaxID": _TEXT}
        assert line_key(EntityShape("Tax", fields), "TaxDetails") == ()
        assert line_key(EntityShape("Tax", {**fields, "RecordID": _NUMBER}), "TaxDetails") == ("RecordID",)

    def test_is_a_note_id_only_as_a_guid(self):
        assert line_key(EntityShape("Payment", {"NoteID": ValueType.GUID}), "Payments") == ("NoteID",)
        assert line_key(EntityShape("Payment", {"NoteID": _TEXT}), "Payments") == ()

    def test_of_attributes_is_the_attribute(self):
        assert line_key(EntityShape("AttributeValue", {"AttributeID": _TEXT, "Value": _TEXT}), "Attributes") == (
            "AttributeID",
        )

    def test_may_depend_on_what_the_detail_is_called(self):
        shape = EntityShape("CustomerContact", {"ContactID": _NUMBER})
        assert line_key(shape, "Contacts") == ("ContactID",)
        assert line_key(shape, "Campaigns") == ()

    def test_is_unknown_where_only_other_documents_are_numbered(self):
        assert line_key(EntityShape("BillDetail", {"POLine": _NUMBER, "POOrderNbr": _TEXT}), "Details") == ()
