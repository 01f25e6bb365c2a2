"""The license's limits on requests, and a site under maintenance: the work is late and whole."""

from __future__ import annotations

import pytest

from integration_tests.both_ways.conftest import at_request, read_before_and_after_changes
from integration_tests.both_ways.truth import assert_clear, assert_same, assert_well_formed, rows, union
from unit_tests.destination.builders import record, state, stream

CUSTOMERS = stream("Customer", columns=("CustomerID", "CustomerName"), key=("CustomerID",))
BUSY = {"concurrency_level": 2, "page_size": 3}
DECLINES = [("text", 0), ("json", 61)]


@pytest.mark.parametrize(("form", "retry_after"), DECLINES)
class TestAQuotaThatIsUsedUp:
    """Every request beyond it is declined, and the client waits as long as it is logged, or longer and longer."""

    def test_makes_a_read_slower_and_no_shorter(self, instance, source, waiting, form, retry_after):
        waiting.burst = True
        limit(instance, form, retry_after, queue=0, per_minute=12)
        read_before_and_after_changes(instance, source, "Customer", **BUSY)
        assert min(waiting.pauses) >= (retry_after or 1)

    def test_makes_a_write_slower_and_no_shorter(self, instance, destination, waiting, form, retry_after):
        waiting.burst = True
        limit(instance, form, retry_after, queue=0, per_minute=12)
        written_once(instance, destination)
        assert min(waiting.pauses) >= (retry_after or 1)


@pytest.mark.parametrize("queue", [1, 20])
@pytest.mark.parametrize("burst", [False, True])
def test_a_server_that_slows_requests_down_is_waited_for(instance, source, destination, waiting, queue, burst):
    """Half of the quota at once, then slower and slower; beyond it requests queue."""
    waiting.burst = burst
    limit(instance, "text", 0, queue, per_minute=12)
    read_before_and_after_changes(instance, source, "Customer", **BUSY)
    written_once(instance, destination)
    assert waiting.of_the_server


def limit(instance, form, retry_after, queue, **more):
    instance.switches.update({"decline_form": form, "retry_after": retry_after, "queue": queue, **more})


def written_once(instance, destination, count=20):
    before = rows(instance, "Customer")
    lines = [record("Customer", CustomerID=f"Z{n}", CustomerName=f"Name {n}") for n in range(count)]
    result = destination.write([*lines, state("Customer", 1)], CUSTOMERS, concurrency_level=2)
    assert (result.code, result.counts) == (0, [(count, 0)]), result.raw
    new = [row for id, row in rows(instance, "Customer").items() if id not in before]
    assert sorted(row["CustomerName"] for row in new) == sorted(f"Name {n}" for n in range(count))


@pytest.mark.parametrize(("form", "retry_after", "queue"), [("text", 0, 0), ("json", 61, 0), ("text", 0, 20)])
class TestFewCores:
    def test_serve_a_read_to_its_end(self, instance, source, form, retry_after, queue):
        limit(instance, form, retry_after, queue, cores=1, latency=0.001)
        read_before_and_after_changes(instance, source, "Customer", "Vendor", **BUSY)

    def test_serve_a_write_to_its_end(self, instance, destination, form, retry_after, queue):
        limit(instance, form, retry_after, queue, cores=1, latency=0.001)
        written_once(instance, destination)


@pytest.mark.parametrize("latency", [0.0, 5.0])
def test_an_instance_that_takes_its_time_is_waited_for(instance, source, destination, latency):
    instance.switches.latency = latency
    read_before_and_after_changes(instance, source, "Customer")
    written_once(instance, destination)


class TestMaintenance:
    @pytest.mark.parametrize("nth", [1, 4])
    def test_that_ends_soon_is_waited_out(self, instance, source, nth):
        instance.faults.add("maintenance", method="GET", entity="Customer", nth=nth, seconds=20)
        read_before_and_after_changes(instance, source, "Customer", "Vendor", **BUSY)

    def test_that_ends_soon_doubles_nothing_in_a_write(self, instance, destination):
        instance.faults.add("maintenance", method="PUT", entity="Customer", nth=5, seconds=20)
        written_once(instance, destination)

    def test_from_the_start_is_passing_trouble(self, instance, source, destination):
        instance.switches.maintenance = True
        (status,) = source.check().of("CONNECTION_STATUS")
        assert status["status"] == "FAILED"
        result = source.read("Customer")
        written = destination.write([record("Customer", CustomerID="Z1", CustomerName="Name")], CUSTOMERS)
        for code, error in ((result.code, *result.errors), (written.code, written.error)):
            assert (code, error["failure_type"]) == (1, "transient_error")
            assert_clear(error)

    def test_in_the_middle_leaves_the_rest_for_the_next_sync(self, instance, source):
        def begin():
            instance.switches.maintenance = True

        at_request(instance, begin, entity="Customer", nth=5)
        broken = source.read("Customer:incremental", page_size=3)
        assert_well_formed(broken, "Customer")
        assert {error["failure_type"] for error in broken.errors} == {"transient_error"}
        instance.switches.maintenance = False
        for session in instance.instance.seats.open:
            assert session.state == "open"  # it could not be signed out: the site was down
        instance.tick(11 * 60)
        after = source.read("Customer:incremental", state=broken.state())
        assert_well_formed(after, "Customer")
        assert_same(rows(instance, "Customer"), union([broken, after], "Customer"))
