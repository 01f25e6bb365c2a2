"""Check and discover through the command line, on all three endpoints."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft7Validator

ENDPOINTS = ["Default", "Manufacturing", "Ecommerce"]


def keywords(node: object) -> set[str]:
    """Every member name anywhere in a JSON schema."""
    if isinstance(node, dict):
        return {*node, *(word for child in node.values() for word in keywords(child))}
    return {word for child in node for word in keywords(child)} if isinstance(node, list) else set()


class TestCheck:
    @pytest.mark.parametrize("endpoint", ENDPOINTS)
    def test_succeeds_with_one_sign_in(self, instance, source, endpoint):
        result = source.check(endpoint_name=endpoint)
        assert (result.code, result.of("CONNECTION_STATUS")) == (0, [{"status": "SUCCEEDED"}])
        assert (instance.logins, instance.sessions_peak) == (1, 1)

    def test_reads_one_row(self, instance, source):
        source.check()
        lists = [call for call in instance.calls if "$top" in call.query]
        assert [call.query["$top"] for call in lists] == ["1"]

    @pytest.mark.parametrize("shape", ["{url}/", "{url}/Main", "{url}/entity/Default/24.200.001/Customer"])
    def test_understands_the_address_as_people_paste_it(self, source, shape):
        result = source.check(instance_uri=shape.format(url=source.url))
        assert result.of("CONNECTION_STATUS") == [{"status": "SUCCEEDED"}]

    def test_names_the_forms_that_a_user_without_rights_may_not_open(self, instance, source):
        instance.switches.forbidden = ["FinancialPeriod", "Account", "Customer", "Warehouse"]
        (status,) = source.check().of("CONNECTION_STATUS")
        assert status["status"] == "FAILED"
        assert "Customer" in status["message"]
        assert "sign-in works" in status["message"]

    def test_is_content_with_a_user_who_may_read_something_and_says_what_not(self, instance, source):
        instance.switches.forbidden = ["FinancialPeriod", "Account"]
        logged = {"status": "SUCCEEDED", "message": "The user may not read FinancialPeriod, Account."}
        assert source.check().of("CONNECTION_STATUS") == [logged]


class TestDiscover:
    @pytest.mark.parametrize("endpoint", ENDPOINTS)
    def test_lists_streams_with_valid_schemas_keys_and_cursors(self, source, endpoint):
        result = source.discover(endpoint_name=endpoint)
        (catalog,) = result.of("CATALOG")
        assert result.code == 0
        assert len(catalog["streams"]) >= 5
        for stream in catalog["streams"]:
            Draft7Validator.check_schema(stream["json_schema"])
            assert not {"$ref", "allOf", "not"} & keywords(stream["json_schema"]), stream["name"]
            named = {
                *(path[0] for path in stream.get("source_defined_primary_key", [])),
                *stream.get("default_cursor_field", []),
            }
            assert named <= set(stream["json_schema"]["properties"]), stream["name"]

    def test_names_each_stream_once(self, source):
        (catalog,) = source.discover().of("CATALOG")
        names = [stream["name"] for stream in catalog["streams"]]
        assert len(set(names)) == len(names) == len({name.lower() for name in names})

    def test_is_the_same_for_both_forms_of_the_swagger_document(self, instance, source):
        newer = source.discover().of("CATALOG")
        instance.switches.openapi = "2.0"
        instance.switches.root_shape = "array"
        assert source.discover().of("CATALOG") == newer

    def test_leaves_no_entity_out_without_saying_so(self, instance, source):
        result = source.discover()
        offered = {stream["name"] for stream in result.of("CATALOG")[0]["streams"]}
        (left_out,) = [log["message"] for log in result.of("LOG") if "Not offered" in log["message"]]
        swagger = next(call.path for call in instance.calls if call.path.endswith("swagger.json"))
        assert "/Default/25.200.001/" in swagger
        assert offered.isdisjoint(left_out.partition(": ")[2].split(", "))

    def test_of_a_chosen_version_is_that_of_the_version(self, instance, source):
        source.discover(endpoint_version="24.200.001")
        assert any("/Default/24.200.001/swagger.json" in call.path for call in instance.calls)

    def test_is_one_line_of_json(self, source):
        result = source.discover()
        assert json.dumps(result.lines[-1])
        assert result.lines[-1]["type"] == "CATALOG"
