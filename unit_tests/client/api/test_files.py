"""Files of records: their links, their bytes, their names."""

from __future__ import annotations

import pytest

from acumatica_client import errors
from acumatica_client.api.files import can_be_named, file_error_of, files_of, upload_link
from acumatica_client.rest.answers import Answer
from acumatica_client.transport.instance_address import InstanceAddress
from unit_tests.client.api.test_actions import OFFER
from unit_tests.client.api.test_client import Stage
from unit_tests.client.fakes import fault, page, redirect

PUT_LINK = "/site/entity/Default/24.200.001/files/PX.Objects.AP.APInvoiceEntry/Document/d11d/{filename}"
RECORD = {
    "_links": {"self": "/site/entity/Default/24.200.001/Bill/d11d", "files:put": PUT_LINK},
    "files": [
        {
            "id": "2a23",
            "filename": "Bills and Adjustments (INV 005933)\\Acumatica ERP.pdf",
            "href": "/site/entity/Default/24.200.001/files/2a23",
            "comment": "scanned",
        },
        {"id": "2a24", "filename": "plain.txt", "href": "/site/entity/Default/24.200.001/files/2a24", "comment": None},
        {"id": "2a25"},
        "unusual",
    ],
}
PUT_PATH = "/entity/Default/24.200.001/files/PX.Objects.AP.APInvoiceEntry/Document/d11d/"


def upload(stage: Stage, record: dict[str, object], name: str, comment: str = "") -> None:
    stage.client.upload("Bill", ["Bill", "005933"], record, name=name, content=b"\x00\xff", comment=comment)


def test_files_are_known_by_their_own_name_without_the_form_and_the_key() -> None:
    first, second = files_of(RECORD)

    assert (first.id, first.name, first.comment) == ("2a23", "Acumatica ERP.pdf", "scanned")
    assert (second.name, second.comment) == ("plain.txt", "")
    assert first.is_named("ACUMATICA erp.PDF")
    assert not first.is_named("ERP.pdf")


@pytest.mark.parametrize("record", [{}, {"files": None}, {"files": {}}, {"files": []}])
def test_a_record_without_files_has_none(record: dict[str, object]) -> None:
    assert files_of(record) == ()


@pytest.mark.parametrize(
    ("name", "quoted"), [("a b.pdf", "a%20b.pdf"), ("50%.pdf", "50%25.pdf"), ("é#?.txt", "%C3%A9%23%3F.txt")]
)
def test_the_name_takes_its_place_in_the_link_quoted(name: str, quoted: str) -> None:
    assert upload_link(RECORD, name) == PUT_LINK.replace("{filename}", quoted)


def test_the_placeholder_may_come_escaped() -> None:
    record = {"_links": {"files:put": PUT_LINK.replace("{filename}", "%7Bfilename%7D")}}

    assert upload_link(record, "x.pdf") == PUT_LINK.replace("{filename}", "x.pdf")


def test_a_link_without_a_place_for_the_name_is_not_used() -> None:
    with pytest.raises(errors.Unexpected, match="no place for a name"):
        upload_link({"_links": {"files:put": "/site/entity/files/1"}}, "x.pdf")


@pytest.mark.parametrize("record", [{}, {"_links": {}}, {"_links": None}, {"_links": {"files:put": 1}}])
def test_builds_that_give_no_links_are_recognised(record: dict[str, object]) -> None:
    assert upload_link(record, "x.pdf") is None


def test_a_file_goes_to_the_link_of_its_record_byte_for_byte() -> None:
    stage = Stage(Answer(204, {"location": "/site/entity/Default/24.200.001/files/1"}))
    upload(stage, RECORD, "scan.pdf", "manually")

    request = stage.sent[-1]
    assert (request.method, request.path, request.body) == ("PUT", PUT_PATH + "scan.pdf", b"\x00\xff")
    assert request.headers == {"Content-Type": "application/octet-stream", "PX-CbFileComment": "manually"}


def test_without_links_a_file_goes_below_the_key_of_its_record() -> None:
    stage = Stage(OFFER, Answer(204))
    upload(stage, {}, "a b.pdf")

    assert stage.sent[-1].path == "/entity/Default/24.200.001/Bill/Bill/005933/files/a%20b.pdf"
    assert "PX-CbFileComment" not in stage.sent[-1].headers


def test_a_comment_is_cut_to_what_acumatica_takes() -> None:
    stage = Stage(Answer(204))
    upload(stage, RECORD, "x.pdf", "c" * 600)

    assert len(stage.sent[-1].headers["PX-CbFileComment"]) == 500


def test_an_upload_is_repeated_since_it_replaces_itself() -> None:
    stage = Stage(Answer(503), Answer(204))
    upload(stage, RECORD, "x.pdf")

    assert len(stage.sent) == 2


@pytest.mark.parametrize("content", [b"", b"<html>saved page</html>", b"[1, 2", b'{"half":', b"\x00\xff\r\n"])
def test_a_file_comes_back_as_it_is_even_if_it_looks_like_a_broken_answer(content: bytes) -> None:
    stage = Stage(Answer(200, {"content-type": "application/octet-stream"}, content))

    assert stage.client.download("/site/entity/Default/24.200.001/files/2a23") == content
    assert stage.paths() == ["/entity/Default/24.200.001/files/2a23"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (page(200, "<form action='Login.aspx'>"), errors.SessionLost),
        (page(200), errors.IntermediaryRefused),
        (redirect("/site/Frames/Login.aspx"), errors.SessionLost),
        (Answer(404), errors.NotFound),
        (fault("Boom"), errors.ServerFault),
    ],
)
def test_what_is_no_file_is_an_error(answer: Answer, kind: type[Exception]) -> None:
    assert type(file_error_of(answer)) is kind


def test_a_link_to_another_host_gets_none_of_our_cookies() -> None:
    with pytest.raises(errors.Unexpected, match="does not lead to itself"):
        Stage().client.download("https://elsewhere.example.com/entity/Default/24.200.001/files/1")


@pytest.mark.parametrize(
    ("base", "href", "path"),
    [
        ("https://e.com", "/entity/Default/1/files/2", "/entity/Default/1/files/2"),
        ("https://e.com/Site", "/Site/entity/Default/1/x?a=1", "/entity/Default/1/x?a=1"),
        ("https://e.com/site", "/SITE/Entity/Default/1/x", "/Entity/Default/1/x"),
        ("https://proxy.e.com/erp", "/AcumaticaERP/entity/Default/1/x", "/entity/Default/1/x"),
    ],
)
def test_a_link_is_followed_below_the_base_url_wherever_the_site_lies(base: str, href: str, path: str) -> None:
    assert InstanceAddress(base).below(href) == path


@pytest.mark.parametrize("name", ["a.pdf", "Smith & Co. (50 %).txt", "é", "no ending"])
def test_names_that_a_file_may_have(name: str) -> None:
    assert can_be_named(name)


@pytest.mark.parametrize("name", ["", " ", ".", "..", "a/b", "a\\b", "a:b", "a*", "a?", 'a"', "a|b", "a\r\nb", "\x00"])
def test_names_that_a_file_cannot_have(name: str) -> None:
    assert not can_be_named(name)
