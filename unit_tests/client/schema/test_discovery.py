"""What an instance offers, and which endpoint version is taken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.errors import SettingsError, Unexpected, UnknownEndpoint
from acumatica_client.schema.discovery import EndpointVersion, InstanceEndpoints, choose_endpoint, parse_endpoints


def offer_of(*endpoints: str) -> InstanceEndpoints:
    """An offer out of `Default/24.200.001` and the like."""
    listed = (endpoint.rpartition("/") for endpoint in endpoints)
    return InstanceEndpoints("25.093.0036", tuple(EndpointVersion(name, version) for name, _, version in listed))


USUAL = offer_of(
    "Default/20.200.001",
    "eCommerce/20.200.001",
    "MANUFACTURING/21.200.001",
    "Default/22.200.001",
    "MANUFACTURING/23.100.001",
    "DeviceHub/23.200.001",
    "eCommerce/24.200.001",
    "Default/25.200.001",
    "Default/24.200.001",
    "MANUFACTURING/25.100.001",
    "Default/9.200.001",
)


class TestTheAnswer:
    LINES = ({"name": "Default", "version": "24.200.001", "href": "/site/entity/Default/24.200.001/"},)

    def test_the_usual_object_gives_build_and_endpoints(self):
        answer = {"version": {"acumaticaBuildVersion": "25.093.0036", "databaseVersion": "1"}, "endpoints": self.LINES}
        offer = parse_endpoints(json.dumps(answer).encode())
        assert offer.build == "25.093.0036"
        assert offer.endpoints == (EndpointVersion("Default", "24.200.001", "/site/entity/Default/24.200.001/"),)

    def test_a_bare_array_gives_endpoints_and_no_build(self):
        offer = parse_endpoints(json.dumps(self.LINES).encode())
        assert offer.build is None
        assert [endpoint.name for endpoint in offer.endpoints] == ["Default"]

    @pytest.mark.parametrize("version", [None, {}, {"acumaticaBuildVersion": None}, {"oemBuildVersion": "2025.1"}])
    def test_an_object_without_a_build_still_gives_endpoints(self, version: object):
        offer = parse_endpoints(json.dumps({"version": version, "endpoints": self.LINES, "features": []}).encode())
        assert offer.build is None
        assert len(offer.endpoints) == 1

    def test_a_line_without_href_is_a_line(self):
        assert parse_endpoints(b'[{"name":"A","version":"1"},{"name":"B","version":"2","href":null}]').endpoints == (
            EndpointVersion("A", "1"),
            EndpointVersion("B", "2"),
        )

    @pytest.mark.parametrize(
        "answer",
        [
            *(b"", b"<html><title>Login</title></html>", b"[", b"null", b"{}", b'{"endpoints":null}', b'["Default"]'),
            *(b'[{"name":"Default"}]', b'[{"name":1,"version":"1"}]', b'{"message":"An error has occurred."}', b"\xff"),
        ],
    )
    def test_anything_else_is_unexpected_and_says_where_to_look(self, answer: bytes):
        with pytest.raises(Unexpected) as caught:
            parse_endpoints(answer)
        assert "instance URI" in caught.value.advice

    def test_the_guides_sample_is_read(self, reference):
        offer = parse_endpoints(reference("samples/records/entity_root_25r2_official_doc.json"))
        assert offer.build == "25.093.0036"
        assert len(offer.endpoints) == 16
        assert choose_endpoint(offer, "default").href == "/testdata/entity/Default/25.200.001/"
        assert choose_endpoint(offer, "e-commerce").version == "24.200.001"
        assert choose_endpoint(offer, "manufacturing").version == "25.100.001"


class TestTheName:
    @pytest.mark.parametrize(
        ("typed", "name"),
        [
            ("Default", "Default"),
            ("default", "Default"),
            (" DEFAULT ", "Default"),
            ("Manufacturing", "MANUFACTURING"),
            ("mfg", "MANUFACTURING"),
            ("Ecommerce", "eCommerce"),
            ("e-commerce", "eCommerce"),
            ("E Commerce", "eCommerce"),
            ("commerce", "eCommerce"),
            ("device_hub", "DeviceHub"),
        ],
    )
    def test_what_people_type_finds_the_name_as_listed(self, typed: str, name: str):
        assert choose_endpoint(USUAL, typed).name == name

    def test_the_exact_name_goes_before_one_that_is_alike(self):
        offer = offer_of("Sales/1.0", "SALES/2.0", "My-Sales/3.0", "MySales/4.0")
        assert choose_endpoint(offer, "SALES").version == "2.0"
        assert choose_endpoint(offer, "MySales").version == "4.0"
        assert choose_endpoint(offer, "sales").version == "1.0"

    def test_an_alias_does_not_hide_an_endpoint_of_that_name(self):
        assert choose_endpoint(offer_of("mfg/1.0", "MANUFACTURING/24.200.001"), "mfg").version == "1.0"
        assert choose_endpoint(offer_of("MFG/1.0", "MANUFACTURING/24.200.001"), "mfg").version == "1.0"

    @pytest.mark.parametrize("typed", ["", "Payroll", "Defaults", "?"])
    def test_an_unknown_name_is_answered_with_the_offer(self, typed: str):
        with pytest.raises(UnknownEndpoint) as caught:
            choose_endpoint(USUAL, typed)
        assert caught.value.message == (
            f"The instance has no endpoint named {typed!r}. The instance offers "
            "Default: 9.200.001, 20.200.001, 22.200.001, 24.200.001, 25.200.001; DeviceHub: 23.200.001; "
            "eCommerce: 20.200.001, 24.200.001; MANUFACTURING: 21.200.001, 23.100.001, 25.100.001."
        )

    def test_an_empty_offer_says_so(self):
        with pytest.raises(UnknownEndpoint, match=r"no endpoint at all\.$"):
            choose_endpoint(InstanceEndpoints(None, ()), "Default")


class TestTheVersion:
    @pytest.mark.parametrize("version", [None, "", "  ", "latest", "Latest", "newest"])
    def test_the_newest_is_taken_when_none_is_asked_for(self, version: str | None):
        assert choose_endpoint(USUAL, "Default", version).version == "25.200.001"

    def test_newest_is_a_matter_of_numbers_not_of_text(self):
        assert choose_endpoint(offer_of("Own/9.1", "Own/10.1", "Own/10.0.5"), "Own").version == "10.1"

    def test_a_version_that_is_no_number_is_older_than_all_that_are(self):
        assert choose_endpoint(offer_of("Own/zzz", "Own/1.0", "Own/v2"), "Own").version == "1.0"
        assert choose_endpoint(offer_of("Own/a", "Own/b"), "Own").version == "b"

    def test_the_version_asked_for_is_taken(self):
        assert choose_endpoint(USUAL, "default", " 22.200.001 ").version == "22.200.001"

    @pytest.mark.parametrize("typed", ["24.200.1", "24.200.01", "024.200.001"])
    def test_zeros_may_be_forgotten(self, typed: str):
        assert choose_endpoint(USUAL, "Default", typed).version == "24.200.001"

    def test_the_exact_spelling_goes_first(self):
        assert choose_endpoint(offer_of("Own/1.01", "Own/1.1"), "Own", "1.1").version == "1.1"

    def test_a_version_of_another_endpoint_is_unknown_here(self):
        with pytest.raises(UnknownEndpoint) as caught:
            choose_endpoint(USUAL, "eCommerce", "25.200.001")
        assert caught.value.message.startswith(
            "The endpoint eCommerce has no version '25.200.001'. The instance offers "
        )
        assert "eCommerce: 20.200.001, 24.200.001" in caught.value.message


class TestTheContract:
    @pytest.mark.parametrize(
        ("endpoint", "contract"),
        [
            ("Default/6.00.001", 3),
            ("Default/17.200.001", 3),
            ("Default/18.200.001", 3),
            ("MANUFACTURING/18.100.001", 3),
            ("Default/20.200.001", 4),
            ("eCommerce/24.200.001", 4),
            ("MANUFACTURING/25.100.001", 4),
            ("Default/25.200.001", 4),
            ("Default/26.200.001", 5),
            ("eCommerce/26.200.001", 5),
            ("manufacturing/26.200.001", 5),
            ("DeviceHub/26.100.001", None),
            ("MyShop/1.0", None),
            ("MyShop/26.200.001", None),
            ("Default/custom", None),
        ],
    )
    def test_the_contract_of_system_endpoints_is_known(self, endpoint: str, contract: int | None):
        assert offer_of(endpoint).endpoints[0].contract == contract

    NEWER = offer_of("Default/18.200.001", "Default/24.200.001", "Default/25.200.001", "Default/26.200.001")

    def test_the_newest_is_sought_among_those_we_speak(self):
        assert choose_endpoint(self.NEWER, "Default").version == "25.200.001"
        assert choose_endpoint(self.NEWER, "Default", supported={3}).version == "18.200.001"
        assert choose_endpoint(self.NEWER, "Default", supported={5}).version == "26.200.001"

    @pytest.mark.parametrize("version", ["26.200.001", "26.200.1"])
    def test_contract_5_is_spoken_to_who_asks_for_its_version(self, version: str):
        assert choose_endpoint(self.NEWER, "Default", version).version == "26.200.001"

    @pytest.mark.parametrize("asked", [None, "", "latest"])
    def test_an_upgrade_of_the_instance_does_not_switch_to_contract_5(self, asked: str | None):
        assert choose_endpoint(self.NEWER, "Default", asked).version == "25.200.001"

    def test_contract_5_is_chosen_where_nothing_else_is_offered(self):
        assert choose_endpoint(offer_of("Default/18.200.001", "Default/26.200.001"), "Default").version == "26.200.001"

    @pytest.mark.parametrize(("version", "contract"), [("18.200.001", 3)])
    def test_one_that_is_not_supported_is_refused_with_advice(self, version: str, contract: int):
        with pytest.raises(SettingsError) as caught:
            choose_endpoint(self.NEWER, "Default", version)
        assert not isinstance(caught.value, UnknownEndpoint)
        assert caught.value.message == (
            f"Default/{version} has contract version {contract}; this connector supports 4, 5."
        )
        assert "25.200.001" in caught.value.advice

    def test_where_none_is_supported_the_newest_is_named(self):
        with pytest.raises(SettingsError, match=r"Default/26.200.001 has contract version 5; .* supports 6, 7"):
            choose_endpoint(self.NEWER, "Default", supported={7, 6})

    def test_an_unknown_contract_is_left_to_the_swagger_document(self):
        assert choose_endpoint(offer_of("MyShop/26.200.001"), "myshop", "26.200.001").version == "26.200.001"


NAMES = st.sampled_from(["Default", "DEFAULT", "eCommerce", "e-commerce", "MANUFACTURING", "Own", "mfg"])
VERSIONS = st.one_of(
    st.sampled_from(["18.200.001", "24.200.001", "24.200.1", "25.200.001", "26.200.001", "latest", "", "v1"]),
    st.lists(st.integers(0, 99), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts))),
)
OFFERS = st.lists(st.tuples(NAMES, VERSIONS), max_size=8).map(
    lambda lines: InstanceEndpoints(None, tuple(EndpointVersion(name, version) for name, version in lines))
)


@given(OFFERS, st.one_of(NAMES, st.text(max_size=8)), st.one_of(st.none(), VERSIONS, st.text(max_size=8)))
def test_what_is_chosen_was_offered(offer: InstanceEndpoints, name: str, version: str | None):
    try:
        chosen = choose_endpoint(offer, name, version)
    except SettingsError:
        return
    assert chosen in offer.endpoints
    assert chosen.contract in (None, 4, 5)


@given(OFFERS, NAMES)
def test_the_order_of_the_offer_does_not_change_the_newest(offer: InstanceEndpoints, name: str):
    only = tuple(endpoint for endpoint in offer.endpoints if endpoint.name == name)
    try:
        forth, back = (
            choose_endpoint(InstanceEndpoints(None, only), name),
            choose_endpoint(InstanceEndpoints(None, only[::-1]), name),
        )
    except SettingsError:
        return
    as_numbers = [
        [int(part) for part in one.version.split(".")] if one.version[:1].isdigit() else [] for one in (forth, back)
    ]
    assert as_numbers[0] == as_numbers[1]
