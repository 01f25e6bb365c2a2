"""Actions behind a write: in order, when they are due, never twice, and reported with their record."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import pytest

from acumatica_client.errors import (
    AccessDenied,
    AcumaticaError,
    FieldError,
    Overloaded,
    Rejected,
    ServerFault,
    SessionLost,
    Unfinished,
    Unreachable,
)
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape, ValueType
from destination_acumatica.completion.actions import ActionRunner, Done, record_reference
from destination_acumatica.config.stream_settings import ActionSetting, Parameter, When
from destination_acumatica.erp.waits import complete
from destination_acumatica.plan.settings_validation import action_problems

ORDER = EntitySchema(
    EntityShape(
        "SalesOrder",
        {"Nbr": ValueType.STRING, "Status": ValueType.STRING, "Hold": ValueType.BOOLEAN},
        {"Contact": "Contact"},
    ),
    actions=("OpenSalesOrder", "CreateShipment"),
    keys=("Nbr",),
)
SHAPES = {"SalesOrder": ORDER.shape, "Contact": EntityShape("Contact", {"Email": ValueType.STRING})}
PARAMETERS = {
    "CreateShipment": {"ShipmentDate": ValueType.DATETIME, "Qty": ValueType.DECIMAL, "All": ValueType.BOOLEAN}
}
SCHEMA = EndpointSchema("Default", "24.200.001", 4, {"SalesOrder": ORDER}, SHAPES, PARAMETERS)
OPEN = ActionSetting("OpenSalesOrder", When.FIELD_IS, "Status", ("On Hold", "Draft"))
SHIP = ActionSetting("CreateShipment", When.FIELD_IS_NOT, "Status", ("Shipping",))
KEY = {"Nbr": "000123"}


class OrderInMemory:
    """One order; actions change its status, or fail as ordered."""

    def __init__(self, status: str = "On Hold", **more: object) -> None:
        self.record: dict[str, object] | None = {"Status": status, **more}
        self.invoked: list[tuple[str, Mapping[str, str], Mapping[str, object]]] = []
        self.read_fields: list[tuple[str, ...]] = []
        self.before: Callable[[str], None] = lambda name: None
        self.after: Callable[[str], None] = lambda name: None
        self.read_trouble: AcumaticaError | None = None
        self.paused: list[float] = []

    def invoke(self, entity: str, action: str, record: Mapping[str, str], parameters: Mapping[str, object]) -> None:
        assert entity == "SalesOrder"
        self.invoked.append((action, record, parameters))
        self.before(action)
        assert self.record is not None
        self.record["Status"] = {"OpenSalesOrder": "Open", "CreateShipment": "Shipping"}.get(action, "Other")
        self.after(action)

    def read(self, key: Mapping[str, str], query: Query) -> Mapping[str, object] | None:
        assert key == KEY
        self.read_fields.append(query.select)
        if self.read_trouble and self.invoked:
            raise self.read_trouble
        return None if self.record is None else {name: {"value": value} for name, value in self.record.items()}

    def run(
        self, *actions: ActionSetting, changed: bool = True, seen: Mapping[str, object] | None = None, **columns: object
    ) -> Done:
        raws = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in columns.items()}
        runner = ActionRunner(ORDER, actions, self.invoke, self.read, PARAMETERS)
        return complete(runner.run(KEY, raws, changed=changed, seen=seen), self.paused.append)

    def names(self) -> list[str]:
        return [name for name, *_ in self.invoked]


def failing(error: AcumaticaError) -> Callable[[str], None]:
    def fail(name: str) -> None:
        raise error

    return fail


class TestWhen:
    def test_actions_run_in_order_while_their_fields_say_so(self) -> None:
        erp = OrderInMemory()

        assert erp.run(OPEN, SHIP) == Done(("OpenSalesOrder", "CreateShipment"))
        assert erp.names() == ["OpenSalesOrder", "CreateShipment"]
        assert erp.read_fields == [("Status",), ("Status",)]

    def test_a_second_sync_runs_none_of_them_again(self) -> None:
        erp = OrderInMemory()
        erp.run(OPEN, SHIP)

        assert erp.run(OPEN, SHIP, changed=False) == Done()
        assert len(erp.invoked) == 2

    def test_a_sync_that_was_killed_between_two_is_completed(self) -> None:
        erp = OrderInMemory("Open")

        assert erp.run(OPEN, SHIP, changed=False) == Done(("CreateShipment",))

    def test_a_record_that_was_read_a_moment_ago_is_not_read_again_until_an_action_ran(self) -> None:
        erp = OrderInMemory("Shipping")
        assert erp.run(OPEN, SHIP, changed=False, seen={"Status": {"value": "Shipping"}}) == Done()
        assert erp.read_fields == []

        erp = OrderInMemory("On Hold")
        assert erp.run(OPEN, SHIP, changed=False, seen={"Status": {"value": "On Hold"}}).names == (OPEN.name, SHIP.name)
        assert erp.read_fields == [("Status",)]

    def test_what_was_read_without_the_field_is_read_again(self) -> None:
        erp = OrderInMemory()
        erp.run(OPEN, changed=False, seen={"Nbr": {"value": "1"}})

        assert erp.read_fields == [("Status",)]

    @pytest.mark.parametrize(("mark", "due"), [(True, True), (False, False)])
    def test_marks_are_compared_as_marks(self, mark: bool, due: bool) -> None:
        erp = OrderInMemory(Hold=mark)
        erp.run(ActionSetting("OpenSalesOrder", When.FIELD_IS, "Hold", ("true",)))

        assert bool(erp.invoked) is due

    def test_choices_of_contract_5_are_compared_by_id_and_by_description(self) -> None:
        for value in ("H", "On Hold"):
            erp = OrderInMemory()
            erp.record = {"Status": {"id": "H", "description": "On Hold"}}
            erp.run(ActionSetting("OpenSalesOrder", When.FIELD_IS, "Status", (value,)))
            assert erp.names() == ["OpenSalesOrder"]

    def test_a_record_that_is_not_found_gets_no_action_and_that_is_reported(self) -> None:
        erp = OrderInMemory()
        erp.record = None
        (error,) = erp.run(OPEN, SHIP).errors

        assert (error.path, erp.invoked) == ("OpenSalesOrder", [])
        assert "was not run: Acumatica does not find the record" in error.text

    @pytest.mark.parametrize("action", [OPEN, SHIP])
    def test_a_field_that_is_not_shown_decides_nothing(self, action: ActionSetting) -> None:
        """A null is an empty object; a field that is absent was not shown."""
        erp = OrderInMemory()
        erp.record = {"Hold": True}
        (error,) = erp.run(action).errors

        assert erp.invoked == []
        assert "was not run: Acumatica does not show its field Status" in error.text

    def test_a_part_that_is_null_shows_its_fields_as_null(self) -> None:
        erp = OrderInMemory(Contact=None)
        erp.read = lambda key, query: {"Contact": None}  # type: ignore[method-assign]
        erp.run(ActionSetting("OpenSalesOrder", When.FIELD_IS_NOT, "Contact/Email", ("x",)))

        assert erp.names() == ["OpenSalesOrder"]

    @pytest.mark.parametrize(
        ("when", "changed", "runs"),
        [
            (When.CHANGED, True, 1),
            (When.CHANGED, False, 0),
            (When.ALWAYS, True, 1),
            (When.ALWAYS, False, 1),
        ],
    )
    def test_an_action_without_a_field_runs_behind_a_change_or_always(
        self, when: When, changed: bool, runs: int
    ) -> None:
        erp = OrderInMemory()
        erp.run(ActionSetting("OpenSalesOrder", when), changed=changed)

        assert (len(erp.invoked), erp.read_fields) == (runs, [])


class TestParameters:
    def test_are_constants_by_their_types_and_columns_as_they_come(self) -> None:
        erp = OrderInMemory()
        parameters = (Parameter("Qty", "5.50"), Parameter("All", "true"), Parameter("ShipmentDate", column="ship_on"))
        erp.run(ActionSetting("CreateShipment", When.ALWAYS, parameters=parameters), ship_on="2026-07-03")

        ((_, record, sent),) = erp.invoked
        assert record == KEY
        assert {name: str(value) for name, value in sent.items()} == {
            "Qty": "5.50",
            "All": "True",
            "ShipmentDate": "2026-07-03",
        }

    def test_that_the_record_leaves_empty_are_not_sent(self) -> None:
        erp = OrderInMemory()
        parameters = (Parameter("ShipmentDate", column="ship_on"), Parameter("Qty", column="absent"))
        erp.run(ActionSetting("CreateShipment", When.ALWAYS, parameters=parameters), ship_on=None)

        assert erp.invoked[0][2] == {}

    def test_of_a_dialog_go_below_its_view(self) -> None:
        erp = OrderInMemory()
        erp.run(ActionSetting("Open", When.ALWAYS, parameters=(Parameter("Filter.Reason", "Won"),), workflow=True))

        dialog = {"Filter": {"Reason": {"type": "CustomStringField", "value": "Won"}}}
        assert erp.invoked[0][2] == {"custom": dialog}


class TestFailure:
    def test_is_reported_in_the_words_of_acumatica_and_ends_the_row(self) -> None:
        erp = OrderInMemory()
        erp.before = failing(ServerFault("Error: The credit limit is exceeded.", status=500))
        done = erp.run(OPEN, SHIP)

        assert erp.names() == ["OpenSalesOrder"]
        assert done.names == ()
        assert [one.path for one in done.errors] == ["OpenSalesOrder"]
        assert "credit limit is exceeded" in done.errors[0].text
        assert "record was written" in done.errors[0].text

    def test_is_reported_field_by_field_where_acumatica_does_so(self) -> None:
        refusal = Rejected("no", status=422)
        refusal.errors = (FieldError("Date", "is closed"), FieldError("Details[0].Qty", "is too much"))
        erp = OrderInMemory()
        erp.before = failing(refusal)

        assert ["Details[0].Qty: is too much" in one.text for one in erp.run(OPEN).errors] == [False, True]

    def test_of_the_second_action_shows_that_the_first_was_done(self) -> None:
        erp = OrderInMemory()
        erp.before = lambda name: failing(ServerFault("no"))(name) if name == "CreateShipment" else None
        done = erp.run(OPEN, SHIP)

        assert done.names == ("OpenSalesOrder",)
        assert done.errors[0].path == "CreateShipment"

    @pytest.mark.parametrize("error", [SessionLost("gone"), AccessDenied("no rights")])
    def test_that_is_not_the_records_ends_the_sync(self, error: AcumaticaError) -> None:
        erp = OrderInMemory()
        erp.before = failing(error)

        assert erp.run(OPEN) == Done(failure=error)

    def test_of_one_that_the_next_attempt_would_not_run_is_reported_with_the_record(self) -> None:
        """After a sync that ends here, the record is found unchanged."""
        erp = OrderInMemory()
        erp.before = failing(SessionLost("gone"))
        done = erp.run(ActionSetting("OpenSalesOrder", When.CHANGED))

        assert done.failure is None
        assert "was not run: gone" in done.errors[0].text

    def test_before_one_that_the_next_attempt_would_not_run_is_reported_with_the_record(self) -> None:
        erp = OrderInMemory()
        erp.before = failing(SessionLost("gone"))
        later = ActionSetting("CreateShipment", When.CHANGED)

        assert erp.run(OPEN, later).failure is None
        assert "was not run: gone" in erp.run(OPEN, later).errors[0].text
        assert erp.run(OPEN, later, changed=False).failure is not None


UNCLEAR = [Unfinished("The end is unclear."), Unreachable("Lost.", sent=True), Overloaded("504")]


@pytest.mark.parametrize("error", UNCLEAR)
class TestAnUnclearEnd:
    def test_is_looked_up_where_a_field_shows_that_it_was_done(self, error: AcumaticaError) -> None:
        erp = OrderInMemory()
        erp.after = lambda name: failing(error)(name) if name == "OpenSalesOrder" else None

        assert erp.run(OPEN, SHIP) == Done(("OpenSalesOrder", "CreateShipment"))
        assert erp.names() == ["OpenSalesOrder", "CreateShipment"]

    def test_is_reported_and_not_tried_again_where_the_field_is_as_before(self, error: AcumaticaError) -> None:
        erp = OrderInMemory()
        erp.before = failing(error)
        done = erp.run(OPEN, SHIP)

        assert erp.names() == ["OpenSalesOrder"]
        assert "was not sent again" in done.errors[0].text

    def test_is_reported_where_no_field_shows_it(self, error: AcumaticaError) -> None:
        erp = OrderInMemory()
        erp.after = failing(error)
        done = erp.run(ActionSetting("OpenSalesOrder", When.ALWAYS))

        assert len(erp.invoked) == 1
        assert "was not sent again" in done.errors[0].text

    def test_is_reported_where_the_record_cannot_be_looked_at(self, error: AcumaticaError) -> None:
        erp = OrderInMemory()
        erp.after = failing(error)
        erp.read_trouble = Unreachable("still lost")

        assert "was not sent again" in erp.run(OPEN).errors[0].text

    def test_is_reported_where_the_field_is_not_shown(self, error: AcumaticaError) -> None:
        erp = OrderInMemory()

        def hide(name: str) -> None:
            erp.record = {"Hold": True}
            raise error

        erp.after = hide
        assert "was not sent again" in erp.run(OPEN).errors[0].text

    def test_is_reported_where_the_record_has_gone(self, error: AcumaticaError) -> None:
        erp = OrderInMemory()

        def vanish(name: str) -> None:
            erp.record = None
            raise error

        erp.after = vanish
        assert "was not sent again" in erp.run(OPEN).errors[0].text


class TestSettings:
    @pytest.mark.parametrize(
        ("action", "problem"),
        [
            (ActionSetting("OpenOrder", When.ALWAYS), "has no action OpenOrder (did you mean OpenSalesOrder?)"),
            (ActionSetting("OpenSalesOrder"), "needs a field and a value that say when to run it"),
            (ActionSetting("OpenSalesOrder", field="Status"), "needs a field and a value"),
            (
                ActionSetting("OpenSalesOrder", field="State", values=("x",)),
                "looks at State, which SalesOrder does not",
            ),
            (ActionSetting("OpenSalesOrder", field="Contact/Mail", values=("x",)), "looks at Contact/Mail"),
            (ActionSetting("OpenSalesOrder", field="Status/Deep", values=("x",)), "looks at Status/Deep"),
            (ActionSetting("CreateShipment", When.ALWAYS, parameters=(Parameter("Qty", "many"),)), "takes Decimal"),
            (ActionSetting("CreateShipment", When.ALWAYS, parameters=(Parameter("All", "yes"),)), "takes Boolean"),
            (ActionSetting("CreateShipment", When.ALWAYS, parameters=(Parameter("Date", "x"),)), "no parameter Date"),
            (ActionSetting("CreateShipment", When.ALWAYS, parameters=(Parameter("Qty"),)), "needs a value or a column"),
            (
                ActionSetting("CreateShipment", When.ALWAYS, parameters=(Parameter("Qty", "1", "col"),)),
                "needs a value or a column",
            ),
            (
                ActionSetting("CreateShipment", When.ALWAYS, parameters=(Parameter("Qty", column="nowhere"),)),
                "it has no column nowhere",
            ),
        ],
    )
    def test_that_cannot_work_are_reported_before_the_first_record(self, action: ActionSetting, problem: str) -> None:
        (reported,) = action_problems([action], ORDER, SCHEMA, ["col"])
        assert problem in reported

    @pytest.mark.parametrize(
        "action",
        [
            OPEN,
            SHIP,
            ActionSetting("OpenSalesOrder", field="Contact/Email", values=("x",)),
            ActionSetting("Open", When.ALWAYS, parameters=(Parameter("Filter.Reason", "Won"),), workflow=True),
            ActionSetting("CreateShipment", When.ALWAYS, parameters=(Parameter("Qty", column="col"),)),
        ],
    )
    def test_that_can_work_are_no_problem(self, action: ActionSetting) -> None:
        assert list(action_problems([action], ORDER, SCHEMA, ["col"])) == []


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ({"id": "g", "Nbr": {"value": "000123"}}, {"Nbr": "000123"}),
        ({"id": "g", "Nbr": {"value": {"id": "A", "description": "Ann"}}}, {"Nbr": "A"}),
        ({"id": "g", "Nbr": {}}, {"id": "g"}),
        ({"id": "g"}, {"id": "g"}),
        ({}, {}),
    ],
)
def test_a_record_is_named_by_its_key_else_by_its_id(answer: Mapping[str, object], reference: dict[str, str]) -> None:
    assert record_reference(ORDER, answer) == reference
