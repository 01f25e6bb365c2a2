"""What is asked of the world beside records: where files may come from, and which custom fields there are."""

from __future__ import annotations

import logging

import pytest

from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.transport import download
from destination_acumatica.completion import attachments
from destination_acumatica.completion.attachments import fetch_nothing, file_fetcher
from destination_acumatica.config.settings import destination_settings
from destination_acumatica.erp.record_read import custom_field_types
from unit_tests.destination.builders import CONFIG, Erp


@pytest.mark.parametrize(
    ("address", "environment", "https_only", "public_only"),
    [
        ("https://erp.example.com/Site", {}, True, False),
        ("https://erp.example.com/Site", {"DEPLOYMENT_MODE": "cloud"}, True, True),
        ("https://erp.example.com/Site", {"DEPLOYMENT_MODE": "CLOUD"}, True, True),
        ("http://erp.local/Site", {"DEPLOYMENT_MODE": "OSS"}, False, False),
    ],
)
def test_files_come_over_https_and_on_a_shared_platform_from_public_machines(
    monkeypatch: pytest.MonkeyPatch, address: str, environment: dict[str, str], https_only: bool, public_only: bool
) -> None:
    asked: list[tuple[str, download.Bounds]] = []
    monkeypatch.setattr(attachments, "download_file", lambda url, bounds: asked.append((url, bounds)) or b"bytes")
    settings = destination_settings({**CONFIG, "instance_uri": address})
    assert file_fetcher(settings.connection, environment)("https://files.example.com/a.pdf") == b"bytes"
    ((url, bounds),) = asked
    assert url == "https://files.example.com/a.pdf"
    assert (bounds.https_only, bounds.public_only, bounds.most_bytes) == (https_only, public_only, 25_000_000)


def test_who_attaches_nothing_fetches_nothing() -> None:
    with pytest.raises(download.NoSuchFile):
        fetch_nothing("https://files.example.com/a.pdf")


def test_custom_fields_are_known_by_their_path_and_in_rows_by_view_and_name() -> None:
    fields = (CustomField("Document", "UsrA"), CustomField("Transactions", "UsrB", "CustomIntField", "Details"))
    assert custom_field_types(Erp(customs=fields))("SalesOrder") == {
        "Document.UsrA": "CustomStringField",
        "Transactions.UsrB": "CustomIntField",
        "Details/Transactions.UsrB": "CustomIntField",
    }


def test_an_instance_that_does_not_list_its_custom_fields_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert custom_field_types(Erp(customs=None))("SalesOrder") is None
    assert "does not list the custom fields of SalesOrder" in caplog.text
