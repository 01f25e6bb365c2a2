"""Sessions, seats and sign-ins that are taken, expire or are refused, with every kind of answer of an instance."""

from __future__ import annotations

import pytest

from integration_tests.both_ways.conftest import at_request, neighbour, read_before_and_after_changes
from integration_tests.both_ways.truth import assert_clear, assert_same, assert_well_formed, rows, union
from unit_tests.destination.builders import CUSTOMERS, record

LIMIT_FORMS = ["500", "429", "429_text", "302"]
BUSY = {"concurrency_level": 3, "page_size": 3}


@pytest.mark.parametrize("form", LIMIT_FORMS)
class TestWhenSeatsAreTaken:
    def test_a_read_continues_with_the_remaining_seats(self, instance, source, form):
        instance.switches.limit_form = form
        leave = neighbour(instance)
        read_before_and_after_changes(instance, source, "Customer", "SalesOrder", **BUSY)
        leave()
        assert instance.sessions_peak == 2

    def test_a_read_waits_for_the_first_seat(self, instance, source, waiting, form):
        instance.switches.limit_form = form
        leavers = [neighbour(instance), neighbour(instance)]
        waiting.meanwhile = lambda seconds: leavers.pop()() if len(waiting.pauses) == 3 and leavers else None
        read_before_and_after_changes(instance, source, "Customer")
        assert len(waiting.pauses) == 3
        leavers.pop()()

    def test_a_read_that_never_gets_one_ends_with_a_transient_error(self, instance, source, waiting, form):
        instance.switches.update({"limit_form": form, "seats": 0})
        result = source.read("Customer")
        (error,) = result.errors
        assert (result.code, error["failure_type"], result.of("RECORD")) == (1, "transient_error", [])
        assert "Every API session" in error["message"]
        assert_clear(error)
        assert sum(waiting.pauses) <= 600

    def test_a_check_fails_at_once(self, instance, source, waiting, form):
        instance.switches.update({"limit_form": form, "seats": 0})
        (status,) = source.check().of("CONNECTION_STATUS")
        assert (status["status"], waiting.pauses) == ("FAILED", [])
        assert "Every API session" in status["message"]


@pytest.mark.parametrize(("form", "seats"), [("500", 1), ("429", 2), ("429_text", 1), ("302", 2)])
def test_the_limit_of_the_user_is_kept_like_that_of_the_license(instance, source, form, seats):
    instance.switches.update({"limit_form": form, "seats": 5, "seats_per_user": seats})
    read_before_and_after_changes(instance, source, "Customer", "SalesOrder", **BUSY)
    assert instance.sessions_peak <= seats


@pytest.mark.parametrize("policy", ["license", "evict"])
class TestAFullLicense:
    def test_that_refuses_or_closes_the_oldest_session_costs_no_record(self, instance, source, policy):
        """Closes the oldest: a session of the connector ends when its next one begins."""
        instance.switches.seat_policy = policy
        read_before_and_after_changes(instance, source, "Customer", "SalesOrder", **BUSY)

    def test_in_which_another_user_signs_in_meanwhile_costs_no_record(self, instance, source, policy):
        instance.switches.update({"seat_policy": policy, "seats": 1})

        def sign_in():
            try:
                neighbour(instance)
            except Exception:  # noqa: BLE001  refused, as another user may be
                return

        at_request(instance, sign_in, entity="Customer", nth=3)
        read_before_and_after_changes(instance, source, "Customer", page_size=3)
        for session in instance.instance.seats.open:
            session.state = "closed"


@pytest.mark.parametrize("form", ["401", "302"])
class TestASessionThatEnds:
    @pytest.mark.parametrize(("nth", "settings"), [(1, {}), (2, BUSY), (7, BUSY)])
    def test_by_a_restart_of_the_site_is_opened_again(self, instance, source, form, nth, settings):
        instance.switches.expired_form = form
        instance.faults.add("recycle", method="GET", entity="Customer", nth=nth)
        read_before_and_after_changes(instance, source, "Customer", "Vendor", **settings)

    @pytest.mark.parametrize("entity", ["entity", "swagger.json"])
    def test_before_the_first_list_is_opened_again(self, instance, source, form, entity):
        instance.switches.update({"expired_form": form, "anonymous_swagger": False})
        at_request(instance, instance.instance.seats.recycle, entity=entity)
        read_before_and_after_changes(instance, source, "Customer")

    @pytest.mark.parametrize(("minutes", "settings"), [(2.0, BUSY), (10.0, {})])
    def test_by_a_timeout_is_opened_again(self, instance, source, form, minutes, settings):
        instance.switches.update({"expired_form": form, "session_minutes": minutes})
        at_request(instance, lambda: instance.tick(minutes * 60 + 1), entity="Customer", nth=4)
        read_before_and_after_changes(instance, source, "Customer", "Vendor", **settings)
        assert instance.logins > 2

    @pytest.mark.parametrize("failure", ["must_change_password", "locked"])
    def test_and_cannot_be_opened_again_stops_the_streams(self, instance, source, form, failure):
        instance.switches.expired_form = form

        def lock():
            instance.switches.login_failure = failure
            instance.instance.seats.recycle()

        at_request(instance, lock, entity="Customer", nth=14)
        instance.switches.seats = 5
        broken = source.read("Customer:incremental", "Vendor:incremental", page_size=2, concurrency_level=5)
        assert_well_formed(broken, "Customer", "Vendor")
        assert (broken.code, {error["failure_type"] for error in broken.errors}) == (1, {"config_error"})
        refused = [call for call in instance.calls if call.path == "/entity/auth/login" and call.status == 500]
        assert len(refused) == 1
        instance.switches.login_failure = ""
        after = source.read("Customer:incremental", "Vendor:incremental", state=broken.state())
        for stream in ("Customer", "Vendor"):
            assert_same(rows(instance, stream), union([broken, after], stream))


@pytest.mark.parametrize("body", ["json", "empty", "html"])
def test_a_lost_session_is_opened_again_whatever_the_body_of_the_401(instance, source, body):
    instance.switches.plain_body = body
    instance.faults.add("recycle", method="GET", entity="Customer", nth=5)
    read_before_and_after_changes(instance, source, "Customer", **BUSY)


@pytest.mark.parametrize("failure", ["must_change_password", "locked", "license_expired"])
@pytest.mark.parametrize("command", ["check", "discover", "read"])
def test_an_account_that_cannot_be_used_is_tried_once(instance, source, failure, command):
    instance.switches.login_failure = failure
    result = getattr(source, command)(*(["Customer"] if command == "read" else []))
    errors = result.errors or [{**status, "failure_type": "config_error"} for status in result.of("CONNECTION_STATUS")]
    (error,) = errors
    assert error["failure_type"] == "config_error"
    assert_clear(error)
    assert sum(call.path == "/entity/auth/login" for call in instance.calls) == 1


@pytest.mark.parametrize("failure", ["must_change_password", "locked", "license_expired"])
def test_an_account_that_cannot_be_used_writes_nothing_and_is_tried_once(instance, destination, failure):
    instance.switches.login_failure = failure
    result = destination.write([record("Customer", CustomerID="ZNONE", CustomerName="Unwritten")], CUSTOMERS)
    assert result.error["failure_type"] == "config_error"
    assert_clear(result.error)
    assert [call.path for call in instance.calls if call.path != "/entity"] == ["/entity/auth/login"]


@pytest.mark.parametrize(
    ("stale", "page", "actual"),
    [([], True, "Other"), ([], False, "Other"), (["Other"], False, "Company")],
)
def test_the_configured_tenant_is_read_where_the_site_has_it(instance, source, stale, page, actual):
    """A gap: a site without that tenant that does not show the tenant of a session is read from another tenant."""
    instance.switches.stale_tenants, instance.switches.login_page = stale, page
    name = next(instance.store(actual).rows("Customer")).values["CustomerID"]
    instance.store(actual).update("Customer", [name], {"CustomerName": f"In {actual}"})
    result = source.read("Customer", company="Other")
    assert_well_formed(result, "Customer")
    assert_same(rows(instance, "Customer", tenant=actual), union([result], "Customer"))


def test_a_session_in_another_tenant_reads_nothing(instance, source):
    instance.switches.stale_tenants = ["Other"]
    result = source.read("Customer", company="Other")
    (error,) = result.errors
    assert_clear(error)
    assert (result.code, error["failure_type"], result.records("Customer")) == (1, "config_error", [])
    assert "'Company' instead of 'Other'" in error["message"]
    assert instance.sessions_open == 0
