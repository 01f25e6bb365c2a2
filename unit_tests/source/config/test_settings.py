"""What the user filled in, as typed settings."""

from __future__ import annotations

import pytest

from acumatica_client.errors import SettingsError
from source_acumatica.config.settings import source_settings
from source_acumatica.config.stream_options import Details, InquiryRule, StreamOptions, StreamRule
from unit_tests.source.builders import CONFIG


def test_the_least_a_person_fills_in_is_enough():
    settings = source_settings(CONFIG)
    assert (settings.start, settings.lookback, settings.page_size) == (None, 7200.0, 500)
    connection = settings.connection
    assert (connection.endpoint_name, connection.endpoint_version, connection.sessions) == ("Default", None, 1)
    assert connection.address.base_url == "https://erp.example.com/Site"
    assert connection.user_agent == "airbyte-source-acumatica"


def test_everything_filled_in_arrives():
    settings = source_settings(
        {
            **CONFIG,
            "endpoint_name": "Manufacturing",
            "endpoint_version": "24.200.001",
            "branch": "MAIN",
            "concurrency_level": 25,
            "start_date": "2024-01-01T00:00:00Z",
            "lookback_minutes": 0,
            "page_size": 2,
        }
    )
    assert (settings.start, settings.lookback, settings.page_size) == ("2023-12-31T00:00:00+00:00", 0.0, 2)
    connection = settings.connection
    assert (connection.endpoint_name, connection.endpoint_version) == ("Manufacturing", "24.200.001")
    assert (connection.sessions, connection.sign_in.branch) == (25, "MAIN")


def test_keys_of_other_versions_of_the_form_are_ignored():
    assert source_settings({**CONFIG, "streams": ["x"], "__injected": {}}).page_size == 500


@pytest.mark.parametrize("date", ["2024-02-30", "2024-13-01", "0000-01-01"])
def test_a_day_that_does_not_exist_is_reported_so(date):
    with pytest.raises(SettingsError) as raised:
        source_settings({**CONFIG, "start_date": date})
    assert raised.value.sentence() == "Start date is not a day of the calendar."


def test_a_broken_form_is_reported_with_the_label_of_the_field():
    with pytest.raises(SettingsError, match="Page size must be at least 2"):
        source_settings({**CONFIG, "page_size": 1})


class TestScope:
    def test_left_alone_offers_everything_with_details_as_streams(self):
        options = source_settings(CONFIG).options
        assert options == StreamOptions()
        assert (options.details, options.files, options.shows("Anything")) == (Details.SEPARATE, False, True)

    def test_filled_in_arrives(self):
        options = source_settings(
            {
                **CONFIG,
                "details": "both",
                "custom_fields": ["StockItem", " Sales* ", ""],
                "attached_files": True,
                "streams_shown": ["Sales*"],
                "streams_hidden": ["*_Relations"],
                "stream_settings": [{"stream": "SalesOrder", "filter": "Hold eq false", "page_size": 50}],
                "inquiries": [
                    {"name": "stock", "inquiry": "InventorySummaryInquiry"},
                    {
                        "name": "stock_of_one",
                        "inquiry": "InventorySummaryInquiry",
                        "parameters": [{"name": "InventoryID", "value": " A 1"}],
                        "results": "Results",
                    },
                ],
            }
        ).options
        assert options == StreamOptions(
            details=Details.BOTH,
            custom_fields=("StockItem", "Sales*"),
            files=True,
            shown=("Sales*",),
            hidden=("*_Relations",),
            rules=(StreamRule("SalesOrder", filter="Hold eq false", page_size=50),),
            inquiries=(
                InquiryRule("stock", "InventorySummaryInquiry"),
                InquiryRule("stock_of_one", "InventorySummaryInquiry", {"InventoryID": " A 1"}, "Results"),
            ),
        )

    @pytest.mark.parametrize(
        ("stream", "shown", "hidden", "offered"),
        [
            ("SalesOrder", (), (), True),
            ("SalesOrder", ("Sales*",), (), True),
            ("Customer", ("Sales*",), (), False),
            ("SalesOrder_Relations", ("Sales*",), ("*_Relations",), False),
            ("salesorder", ("Sales*",), (), False),
        ],
    )
    def test_patterns_choose_the_streams_to_offer(self, stream, shown, hidden, offered):
        assert StreamOptions(shown=shown, hidden=hidden).shows(stream) is offered

    @pytest.mark.parametrize(
        ("patterns", "entity", "view", "name", "wanted"),
        [
            ((), "SalesOrder", "Document", "UsrColor", False),
            (("SalesOrder",), "SalesOrder", "Document", "UsrColor", True),
            (("SalesOrder",), "SalesOrder", "Document", "AttributeCOLOR", True),
            (("SalesOrder",), "SalesOrder", "Document", "CuryTaxTotal", False),
            (("*",), "Bill", "Document", "UsrColor", True),
            (("SalesOrder/Document.Cury*",), "SalesOrder", "Document", "CuryTaxTotal", True),
            (("SalesOrder/Document.Cury*",), "SalesOrder", "Document", "UsrColor", False),
            (("*/*.NoteText", "Bill"), "Bill", "Lines", "NoteText", True),
            (("Sales*/*",), "Bill", "Document", "UsrColor", False),
        ],
    )
    def test_custom_fields_are_those_that_the_customer_added_unless_others_are_named(
        self, patterns, entity, view, name, wanted
    ):
        assert StreamOptions(custom_fields=patterns).wants_custom_field(entity, view, name) is wanted

    def test_an_entity_is_asked_for_custom_fields_when_a_pattern_is_about_it(self):
        options = StreamOptions(custom_fields=("Sales*", "Bill/Document.*"))
        asked = [name for name in ("SalesOrder", "Bill", "Customer") if options.wants_custom_fields(name)]
        assert asked == ["SalesOrder", "Bill"]

    def test_of_two_rules_that_speak_the_later_one_counts(self):
        options = StreamOptions(
            rules=(StreamRule("*", page_size=100, archived=True), StreamRule("Sales*", page_size=7))
        )
        assert options.rule_of("SalesOrder") == StreamRule("SalesOrder", page_size=7, archived=True)
        assert options.rule_of("Customer") == StreamRule("Customer", page_size=100, archived=True)

    @pytest.mark.parametrize(
        ("settings", "sentence"),
        [
            ({"details": "flat"}, "Details must be one of separate, nested, both"),
            ({"stream_settings": [{"filter": "x"}]}, "Stream must be filled in"),
            ({"stream_settings": [{"stream": "A", "page_size": 1}]}, "Page size must be at least 2"),
            ({"inquiries": [{"name": "a b", "inquiry": "I"}]}, "Name of the stream must have the form letters"),
            ({"inquiries": [{"name": "a", "inquiry": "I"}] * 2}, "Inquiries name the stream a more than once"),
            (
                {"inquiries": [{"name": "a", "inquiry": "I", "parameters": [{"name": "P", "value": "1"}] * 2}]},
                "The inquiry a fills in P more than once",
            ),
        ],
    )
    def test_what_is_wrong_is_reported_with_its_label(self, settings, sentence):
        with pytest.raises(SettingsError, match=sentence):
            source_settings({**CONFIG, **settings})
