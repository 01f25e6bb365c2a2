"""Pages of servers in front of Acumatica: recognised, named by title and server, never taken for Acumatica's word."""

from __future__ import annotations

import pytest

from acumatica_client import errors
from acumatica_client.rest.answers import Answer, error_of
from unit_tests.client.fakes import page

CLOUDFLARE = "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>secret-ray</body>"
IIS_404_11 = "<html><head><title>IIS 10.0 Detailed Error - 404.11 - Not Found</title></head><body>+</body></html>"
IIS_404_13 = "<html><head><title>IIS 10.0 Detailed Error - 404.13 - Not Found</title></head></html>"
YELLOW = "<html><head><title>A potentially dangerous Request.QueryString value was detected</title></head></html>"


def refused(answer: Answer) -> errors.IntermediaryRefused:
    error = error_of(answer)
    assert isinstance(error, errors.IntermediaryRefused)
    return error


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 410, 413, 414, 431, 451, 500, 501, 505, 520])
def test_a_page_is_not_acumaticas_word_whatever_its_status(status: int) -> None:
    error = refused(page(status))

    assert error.status == status
    assert not isinstance(error, (errors.AccessDenied, errors.NotFound, errors.ServerFault))


@pytest.mark.parametrize("status", [400, 403, 404, 406, 413, 414, 501])
def test_what_is_refused_for_good_is_a_matter_of_settings(status: int) -> None:
    assert refused(page(status)).failure_type == "config"


@pytest.mark.parametrize("status", [200, 500, 520])
def test_a_challenge_or_a_crash_may_pass(status: int) -> None:
    assert refused(page(status)).failure_type == "transient"


def test_the_page_of_a_firewall_is_named_by_title_and_server_and_not_repeated() -> None:
    error = refused(Answer(403, {"content-type": "text/html", "server": "cloudflare"}, CLOUDFLARE.encode()))

    assert (error.title, error.server) == ("Attention Required! | Cloudflare", "cloudflare")
    assert "HTTP 403, page 'Attention Required! | Cloudflare', server cloudflare" in error.message
    assert "The role of the user in Acumatica is not the cause." in error.advice
    assert "secret-ray" not in f"{error.sentence()} {error.detail}"


@pytest.mark.parametrize(
    ("status", "text", "advice"),
    [
        (404, IIS_404_11, "characters that the server does not let through"),
        (404, IIS_404_13, "larger than the web server allows"),
        (413, "<html>", "larger than the web server allows"),
        (400, "<html><h2>Bad Request - Invalid URL</h2></html>", "too long"),
        (406, "<html><title>Not Acceptable!</title>Mod_Security</html>", "firewall"),
        (500, YELLOW, "log of the web server"),
        (200, CLOUDFLARE, "bot check"),
    ],
)
def test_the_advice_fits_what_was_refused(status: int, text: str, advice: str) -> None:
    assert advice in refused(page(status, text)).advice


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("<title>\r\n  Request\tRejected </title>", "Request Rejected"),
        ("<TITLE lang=en>R&amp;D</TITLE>", "R&D"),
        ("<h1>Bad <b>Request</b></h1>", "Bad Request"),
        ("<title></title><h1>x</h1>", ""),
        ("<p>no title", ""),
        ("<title>" + "long " * 100 + "</title>", ("long " * 100)[:100]),
        ("<title>a\x00b\x1b[31m</title>", "a b [31m"),
    ],
)
def test_the_title_is_one_short_line(text: str, title: str) -> None:
    assert refused(page(403, text)).title == title


def test_a_page_that_is_no_text_at_all_is_still_recognised() -> None:
    assert refused(Answer(403, {"content-type": "text/html"}, b"<title>\xff\xfe</title>")).title != ""


def test_an_error_of_acumatica_that_is_labelled_as_a_page_stays_its_own() -> None:
    answer = Answer(403, {"content-type": "text/html"}, b'{"message": "You have insufficient rights."}')

    assert type(error_of(answer)) is errors.AccessDenied


@pytest.mark.parametrize("status", [403, 404])
def test_an_answer_without_a_body_keeps_the_meaning_of_its_status(status: int) -> None:
    assert type(error_of(Answer(status, {"content-type": "text/html"}))) in (errors.AccessDenied, errors.NotFound)
