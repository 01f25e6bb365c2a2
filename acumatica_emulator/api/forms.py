"""The form behind an entity: its graph, its views, and which of its objects carry a note.

Graph and view names show in `_links`. Those of bills and stock items were recorded; the others follow Acumatica's
naming and are invented where no public example was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from acumatica_emulator.catalog import EntityType


@dataclass(frozen=True)
class Form:
    """A screen's graph, its primary view, and the views behind details."""

    graph: str
    view: str
    views: Mapping[str, str] = field(default_factory=dict)


_LINES = {"Details": "Transactions", "TaxDetails": "Taxes"}
_FORMS: Mapping[str, Form] = {
    "Bill": Form("PX.Objects.AP.APInvoiceEntry", "Document", _LINES),
    "StockItem": Form("PX.Objects.IN.InventoryItemMaint", "Item", {"WarehouseDetails": "itemsiterecords"}),
    "NonStockItem": Form("PX.Objects.IN.NonStockItemMaint", "Item"),
    "SalesOrder": Form("PX.Objects.SO.SOOrderEntry", "Document", _LINES),
    "SalesInvoice": Form("PX.Objects.SO.SOInvoiceEntry", "Document", _LINES),
    "Invoice": Form("PX.Objects.AR.ARInvoiceEntry", "Document", _LINES),
    "Payment": Form("PX.Objects.AR.ARPaymentEntry", "Document", {"DocumentsToApply": "Adjustments"}),
    "PurchaseOrder": Form("PX.Objects.PO.POOrderEntry", "Document", _LINES),
    "PurchaseReceipt": Form("PX.Objects.PO.POReceiptEntry", "Document", {"Details": "transactions"}),
    "Shipment": Form("PX.Objects.SO.SOShipmentEntry", "Document", _LINES),
    "Customer": Form("PX.Objects.AR.CustomerMaint", "BAccount", {"Attributes": "Answers"}),
    "Vendor": Form("PX.Objects.AP.VendorMaint", "BAccount", {"Attributes": "Answers"}),
    "Contact": Form("PX.Objects.CR.ContactMaint", "Contact", {"Attributes": "Answers"}),
    "JournalTransaction": Form("PX.Objects.GL.JournalEntry", "BatchModule", {"Details": "GLTranModuleBatNbr"}),
    "Account": Form("PX.Objects.GL.AccountMaint", "AccountRecords"),
    "Project": Form("PX.Objects.PM.ProjectEntry", "Project"),
    "ProductionOrder": Form("PX.Objects.AM.ProdMaint", "ProdMaintRecords"),
    "BillOfMaterial": Form("PX.Objects.AM.BOMMaint", "Documents", {"Operations": "BomOperRecords"}),
}
_CUSTOM_KINDS: Mapping[str, str] = {"pick": "str", "pickint": "int", "date": "time"}
_NO_NOTE = frozenset({"AttributeValue", "BCRoleAssignment", "SalesOrderPayment", "SalesOrderShipment"})


@cache
def _invented(name: str, screen: str) -> Form:
    module = screen[:2] if screen[:2].isalpha() else "CS"
    return Form(f"PX.Objects.{module}.{name}Maint", "Document")


def form_of(entity: EntityType) -> Form:
    return _FORMS.get(entity.name) or _invented(entity.name, entity.screen)


def view_fields(entity: EntityType, types: Mapping[str, EntityType]) -> dict[tuple[str, str], str]:
    """The fields of an entity and its details as fields of the form's views, by which `$custom` and `cf.` know them."""
    form = form_of(entity)
    details = [(form.views.get(name, name), types[kind]) for name, kind in entity.details.items()]
    every = [(form.view, entity), *details]
    return {(view, name): _CUSTOM_KINDS.get(kind, kind) for view, one in every for name, kind in one.fields.items()}


def has_note(entity: EntityType, top: bool) -> bool:
    """Linked parts, attributes and inquiry rows were recorded with `"note": null`; records and lines with a text."""
    if top:
        return not entity.role
    return entity.kind == "detail" and entity.name not in _NO_NOTE and not entity.name.endswith("Result")
