"""What was written is there, whatever the instance answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec
import pytest

from acumatica_emulator import Emulator
from destination_acumatica.completion.readback import ReadbackResult
from destination_acumatica.config.stream_settings import Verify
from destination_acumatica.erp.waits import complete
from destination_acumatica.fields.comparison import Difference
from destination_acumatica.payload.payload import Payload
from integration_tests.destination.erp_access import ErpAccess, open_erp

PERSON = {"CustomerName": "Somebody", "CreditLimit": Decimal("10.5"), "MainContact": {"Email": "a@b.c"}}


@pytest.fixture
def erp(instance: Emulator) -> Iterator[ErpAccess]:
    with open_erp(instance) as found:
        yield found


def known(instance: Emulator) -> str:
    return str(instance.records("Customer")[0]["CustomerID"])


def read_back(
    erp: ErpAccess,
    record: Mapping[str, object],
    *,
    created: bool,
    entity: str = "Customer",
    verify: Verify = Verify.WARN,
) -> ReadbackResult:
    """A record is put as it is, and then read back."""
    sent, readback = erp.payload(entity, record), erp.readback(entity, verify)
    answer = msgspec.json.decode(erp.put(entity, Payload(sent), readback.question(sent), False))
    return complete(readback.check(sent, answer, created=created), lambda seconds: None)


def reads(instance: Emulator, entity: str = "Customer") -> int:
    return len([call for call in instance.calls if call.method == "GET" and f"/{entity}/" in call.path])


@pytest.mark.parametrize("scope", ["sent", "full"])
@pytest.mark.parametrize("version", ["24.200.001", "26.200.001"])
def test_a_record_that_is_there_as_sent_is_checked_without_a_request_more(
    instance: Emulator, scope: str, version: str
) -> None:
    instance.switches.update({"put_scope": scope, "contract5": True})
    with open_erp(instance, version=version) as erp:
        assert read_back(erp, {"CustomerID": known(instance), **PERSON}, created=False) == ReadbackResult()

    assert reads(instance) == 0


@pytest.mark.parametrize("verify", [Verify.WARN, Verify.REJECT])
def test_a_new_record_is_read_back(instance: Emulator, erp: ErpAccess, verify: Verify) -> None:
    assert read_back(erp, {"CustomerID": "ZNEW", **PERSON}, created=True, verify=verify) == ReadbackResult()
    assert reads(instance) == 1


@pytest.mark.parametrize("scope", ["sent", "full"])
def test_an_update_without_the_right_to_write_is_reported_field_by_field(
    instance: Emulator, erp: ErpAccess, scope: str
) -> None:
    instance.switches.update({"read_only": ["Customer"], "put_scope": scope})
    found = read_back(erp, {"CustomerID": known(instance), **PERSON}, created=False)

    assert {one.path for one in found.differences} == {"CustomerName", "CreditLimit", "MainContact.Email"}
    assert not found.absent


@pytest.mark.parametrize(
    ("entity", "record"),
    [
        ("Customer", {"CustomerID": "ZNEW", **PERSON}),
        ("SalesOrder", {"OrderType": "SO"}),
        ("Contact", {"LastName": "Unknown", "Email": "n@o.body"}),
    ],
)
def test_an_insert_without_the_right_to_write_is_found_out(
    instance: Emulator, erp: ErpAccess, entity: str, record: dict[str, object]
) -> None:
    """The answer echoes what was sent, with or without a number."""
    instance.switches.set("read_only", [entity])
    if entity == "SalesOrder":
        record = {**record, "CustomerID": known(instance)}

    assert read_back(erp, record, created=True, entity=entity).absent


def test_a_value_that_the_form_does_not_take_is_reported(instance: Emulator, erp: ErpAccess) -> None:
    """An address is written only where its mark says so; a total is worked out."""
    answer = erp.insert("SalesOrder", {"OrderType": "SO", "CustomerID": known(instance)})
    key = {"OrderType": "SO", "OrderNbr": answer["OrderNbr"]["value"]}
    found = read_back(
        erp, {**key, "OrderTotal": 5, "ShipToAddress": {"City": "Elsewhere"}}, created=False, entity="SalesOrder"
    )

    assert {one.path: one.sent for one in found.differences} == {
        "OrderTotal": "5",
        "ShipToAddress.City": "Elsewhere",
    }


def test_an_attribute_that_was_dropped_in_silence_is_reported(instance: Emulator, erp: ErpAccess) -> None:
    attributes = [{"AttributeID": "NOSUCH", "Value": "x"}]
    found = read_back(erp, {"CustomerID": known(instance), "Attributes": attributes}, created=False)

    assert found.differences == (Difference("Attributes[0]", "a line", "no such line"),)


def test_custom_fields_are_read_and_from_then_on_asked_for(instance: Emulator, erp: ErpAccess) -> None:
    """A name that the form does not have would fail the whole PUT, saved or not."""
    readback = erp.readback("Customer")
    for tier, expected in (("Gold", 1), ("Silver", 1), ("Bronze", 1)):
        field = {"type": "CustomStringField", "value": tier}
        sent = erp.payload(
            "Customer", {"CustomerID": known(instance), "custom": {"BAccount": {"UsrLoyaltyTier": field}}}
        )
        answer = msgspec.json.decode(erp.put("Customer", Payload(sent), readback.question(sent), False))
        assert complete(readback.check(sent, answer, created=False), lambda seconds: None) == ReadbackResult()
        assert reads(instance) == expected


def test_a_custom_field_that_the_form_does_not_have_is_reported(instance: Emulator, erp: ErpAccess) -> None:
    field = {"type": "CustomStringField", "value": "red"}
    found = read_back(
        erp, {"CustomerID": known(instance), "custom": {"BAccount": {"NoSuchField": field}}}, created=False
    )

    assert "key was not present" in found.trouble
