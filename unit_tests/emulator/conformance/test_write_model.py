"""Random sequences of PUT, PATCH, DELETE and GET of orders with lines against a model on paper."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from acumatica_emulator.server.instance import Instance
from acumatica_emulator.site.clock import Clock
from unit_tests.emulator.conformance.conftest import read_json, wrapped
from unit_tests.emulator.conftest import NOON, Client

TEXTS = st.sampled_from([None, "", "Rush", "rush", "Später"])
QUANTITIES = st.integers(0, 9)
CONDITIONS = st.sampled_from([{}, {"If-Match": "*"}, {"If-None-Match": "*"}])
STEP = 60


class Orders(RuleBasedStateMachine):
    """The model keeps, by number: the description, the lines as (id, number, quantity), and the time of the change."""

    @initialize()
    def begin(self):
        instance = Instance(tenants=("Elsewhere",), empty_tenants=("Company",), clock=Clock(start=NOON))
        self.client = Client(instance)
        self.client.log_in()
        self.client.put("Customer", {"CustomerID": "C", "CustomerName": "c"})
        self.client.put("StockItem", {"InventoryID": "I", "Description": "i"})
        self.orders: dict[str, dict[str, object]] = {}
        self.next = 1

    # --- helpers

    def send(self, verb, number, fields, lines, headers=None):
        self.client.instance.clock.tick(STEP)
        body = {**wrapped(OrderType="SO", **({"OrderNbr": number} if number else {}), **fields), "Details": lines}
        return self.client.entity(verb, "SalesOrder", body, headers, expand="Details")

    def line(self, quantity):
        return wrapped(InventoryID="I", OrderQty=quantity, UnitPrice=2)

    def pick(self, at):
        return sorted(self.orders)[at % len(self.orders)]

    def touch(self, order):
        order["stamp"] = self.client.instance.clock.now()

    def take_ids(self, order, answer):
        """Learns the ids of the new lines from the answer; the known ones must stand first, unchanged."""
        known = [line["id"] for line in order["lines"] if line["id"]]
        got = [(line["id"], line["LineNbr"]["value"]) for line in answer["Details"]]
        assert [id for id, _ in got[: len(known)]] == known
        for line, (id, number) in zip(order["lines"], got, strict=True):
            line["id"], line["nbr"] = id, number

    # --- rules

    @rule(
        text=TEXTS, quantities=st.lists(QUANTITIES, max_size=3), headers=st.sampled_from([{}, {"If-None-Match": "*"}])
    )
    def insert(self, text, quantities, headers):
        fields = {"CustomerID": "C", "Description": text}
        response = self.send("PUT", None, fields, [self.line(quantity) for quantity in quantities], headers)
        assert response.status == 200
        answer = read_json(response)
        number = f"SO{self.next:06}"
        assert answer["OrderNbr"] == {"value": number}
        self.next += 1
        order = {"text": text, "lines": [{"id": None, "qty": quantity} for quantity in quantities]}
        self.take_ids(order, answer)
        self.touch(order)
        self.orders[number] = order

    @precondition(lambda self: self.orders)
    @rule(at=st.integers(0, 9), text=TEXTS, verb=st.sampled_from(["PUT", "PATCH"]), headers=CONDITIONS)
    def describe(self, at, text, verb, headers):
        number = self.pick(at)
        response = self.send(verb, number, {"Description": text}, [], headers)
        if "If-None-Match" in headers:
            assert response.status == 412
            return
        assert response.status == 200
        order = self.orders[number]
        if order["text"] != text:
            order["text"] = text
            self.touch(order)

    @precondition(lambda self: self.orders)
    @rule(at=st.integers(0, 9), quantity=QUANTITIES)
    def append(self, at, quantity):
        order = self.orders[self.pick(at)]
        answer = read_json(self.send("PUT", self.pick(at), {}, [self.line(quantity)]))
        order["lines"].append({"id": None, "qty": quantity})
        self.take_ids(order, answer)
        self.touch(order)

    @precondition(lambda self: any(order["lines"] for order in self.orders.values()))
    @rule(at=st.integers(0, 9), which=st.integers(0, 9), quantity=QUANTITIES, by=st.sampled_from(["id", "LineNbr"]))
    def change_line(self, at, which, quantity, by):
        number = sorted(name for name, order in self.orders.items() if order["lines"])[0]
        order = self.orders[number]
        line = order["lines"][which % len(order["lines"])]
        named = {"id": line["id"]} if by == "id" else wrapped(LineNbr=line["nbr"])
        assert self.send("PUT", number, {}, [{**named, **wrapped(OrderQty=quantity)}]).status == 200
        if line["qty"] != quantity:
            line["qty"] = quantity
            self.touch(order)

    @precondition(lambda self: any(order["lines"] for order in self.orders.values()))
    @rule(which=st.integers(0, 9), verb=st.sampled_from(["PUT", "PATCH"]))
    def delete_line(self, which, verb):
        number = sorted(name for name, order in self.orders.items() if order["lines"])[-1]
        order = self.orders[number]
        line = order["lines"].pop(which % len(order["lines"]))
        assert self.send(verb, number, {}, [{"id": line["id"], "delete": True}]).status == 200
        self.touch(order)

    @precondition(lambda self: self.orders)
    @rule(at=st.integers(0, 9), item=st.sampled_from(["NOPE", "I2"]))
    def fail(self, at, item):
        """A refused write leaves everything as it was."""
        lines = [wrapped(InventoryID=item, OrderQty=1)]
        assert self.send("PUT", self.pick(at), {"Description": "never"}, lines).status == 422

    @rule(verb=st.sampled_from(["PUT", "PATCH"]))
    def miss(self, verb):
        headers = {"If-Match": "*"} if verb == "PUT" else {}
        assert self.send(verb, "NONE", {"CustomerID": "C"}, [], headers).status == (412 if verb == "PUT" else 404)

    @precondition(lambda self: self.orders)
    @rule(at=st.integers(0, 9))
    def delete(self, at):
        number = self.pick(at)
        assert self.client.entity("DELETE", f"SalesOrder/SO/{number}").status == 204
        del self.orders[number]
        assert self.client.refused("GET", f"SalesOrder/SO/{number}")[0] == 500

    # --- what must hold

    @invariant()
    def the_list_is_the_model(self):
        if not hasattr(self, "client"):
            return
        select = "OrderNbr,Description,OrderTotal,LastModified,Details"
        rows = self.client.get("SalesOrder", select=select, expand="Details")
        assert [row["OrderNbr"]["value"] for row in rows] == sorted(self.orders)
        for row, number in zip(rows, sorted(self.orders), strict=True):
            self.compare(row, self.orders[number])

    def compare(self, row, order):
        assert row["Description"].get("value") == order["text"]
        assert row["LastModified"] == {"value": order["stamp"].isoformat() + "+00:00"}
        lines = [(line["id"], line["LineNbr"]["value"], line["OrderQty"]["value"]) for line in row["Details"]]
        assert lines == [(line["id"], line["nbr"], line["qty"]) for line in order["lines"]]
        assert row["OrderTotal"]["value"] == sum((Decimal(2 * line["qty"]) for line in order["lines"]), Decimal(0))
        assert [line["rowNumber"] for line in row["Details"]] == list(range(1, len(lines) + 1))

    @invariant()
    def a_cursor_finds_what_changed_since(self):
        if not getattr(self, "orders", None):
            return
        stamps = sorted(order["stamp"] for order in self.orders.values())
        middle = stamps[len(stamps) // 2]
        text = f"LastModified ge datetimeoffset'{middle.isoformat()}'"
        found = self.client.keys("SalesOrder", "OrderNbr", filter=text, select="OrderNbr")
        assert found == sorted(number for number, order in self.orders.items() if order["stamp"] >= middle)


Orders.TestCase.settings = settings(
    max_examples=30, stateful_step_count=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
test_no_sequence_of_writes_of_orders_and_lines_differs_from_the_model = Orders.TestCase
