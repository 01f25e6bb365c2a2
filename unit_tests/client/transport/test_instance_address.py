"""Addresses as people paste them, and links as instances give them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.errors import SettingsError, Unexpected
from acumatica_client.transport.instance_address import InstanceAddress, parse_instance_uri


@pytest.mark.parametrize(
    ("pasted", "base_url"),
    [
        pytest.param("https://erp.example.com", "https://erp.example.com", id="a root site"),
        pytest.param("https://erp.example.com/", "https://erp.example.com", id="a slash at the end"),
        pytest.param("https://erp.example.com/AcumaticaERP", "https://erp.example.com/AcumaticaERP", id="a site path"),
        pytest.param("https://erp.example.com/a/b//c/", "https://erp.example.com/a/b/c", id="a long site path"),
        pytest.param("http://localhost/AcumaticaDB", "http://localhost/AcumaticaDB", id="a developer's site"),
        pytest.param("localhost:8080/site", "https://localhost:8080/site", id="no scheme, but a port"),
        pytest.param("erp.example.com", "https://erp.example.com", id="no scheme"),
        pytest.param("//erp.example.com/x", "https://erp.example.com/x", id="two slashes for a scheme"),
        pytest.param("https:/erp.example.com/x", "https://erp.example.com/x", id="one slash too few"),
        pytest.param("HTTPS://ERP.Example.COM/Site", "https://erp.example.com/Site", id="capitals, kept in the path"),
        pytest.param("https://erp.example.com:443/x", "https://erp.example.com/x", id="the default port of https"),
        pytest.param("http://erp.example.com:80/x", "http://erp.example.com/x", id="the default port of http"),
        pytest.param("http://erp.example.com:443", "http://erp.example.com:443", id="another port"),
        pytest.param("https://[::1]:8443/x", "https://[::1]:8443/x", id="an IPv6 address"),
        pytest.param("https://10.0.0.7/erp", "https://10.0.0.7/erp", id="an IPv4 address"),
        pytest.param("https://bücher.example/x", "https://xn--bcher-kva.example/x", id="a host with an umlaut"),
        pytest.param("https://erp.example.com/Société", "https://erp.example.com/Soci%C3%A9t%C3%A9", id="accents"),
        pytest.param("  <https://erp.example.com/x>\n", "https://erp.example.com/x", id="out of a mail"),
        pytest.param('"https://erp.example.com/x"', "https://erp.example.com/x", id="quoted"),
        pytest.param("https://erp.example.com/x/Main", "https://erp.example.com/x", id="the main page"),
        pytest.param("https://erp.example.com/x/main?ScreenId=SO301000", "https://erp.example.com/x", id="a form"),
        pytest.param(
            "https://erp.example.com/Frames/Login.aspx?ReturnUrl=%2f", "https://erp.example.com", id="sign-in"
        ),
        pytest.param("https://erp.example.com/x/Pages/SO/SO301000.aspx", "https://erp.example.com/x", id="an old page"),
        pytest.param("https://erp.example.com/Default.aspx", "https://erp.example.com", id="any other page"),
        pytest.param("https://erp.example.com/(W(12))/Main", "https://erp.example.com", id="a browser window"),
        pytest.param("https://e.example/(S(a1b2))/x/(W(3))/Main", "https://e.example/x", id="a session in the path"),
        pytest.param("https://e.example/%28W%283%29%29/x/Main", "https://e.example/x", id="the same, encoded"),
        pytest.param("https://e.example/x/odata/Company/GI", "https://e.example/x", id="an OData address"),
        pytest.param("https://e.example/x/identity/connect/token", "https://e.example/x", id="an OAuth address"),
        pytest.param("https://e.example/x#fragment", "https://e.example/x", id="a fragment"),
    ],
)
def test_what_people_paste_becomes_one_spelling(pasted: str, base_url: str):
    assert parse_instance_uri(pasted).base_url == base_url


@pytest.mark.parametrize(
    ("pasted", "base_url", "name", "version"),
    [
        ("https://e.example/entity/Default/24.200.001", "https://e.example", "Default", "24.200.001"),
        ("https://e.example/entity/Default/24.200.001/", "https://e.example", "Default", "24.200.001"),
        ("https://e.example/isv/entity/Default/6.00.001", "https://e.example/isv", "Default", "6.00.001"),
        ("https://e.example/x/Entity/eCommerce/23.200.001/StockItem", "https://e.example/x", "eCommerce", "23.200.001"),
        ("https://e.example/entity/My%20Shop/v2/Bill?$top=1", "https://e.example", "My Shop", "v2"),
        ("https://e.example/entity/Default", "https://e.example", "Default", None),
        ("https://e.example/entity/Default/SalesOrder", "https://e.example", "Default", None),
        ("https://e.example/entity/Default/24.200.001/swagger.json", "https://e.example", "Default", "24.200.001"),
        ("https://e.example/entity/", "https://e.example", None, None),
        ("https://e.example/entity/swagger.json", "https://e.example", None, None),
        ("https://e.example/entity/auth/login", "https://e.example", None, None),
    ],
)
def test_the_url_of_an_endpoint_gives_its_name_and_version_too(
    pasted: str, base_url: str, name: str | None, version: str | None
):
    assert parse_instance_uri(pasted) == InstanceAddress(base_url, name, version)


@pytest.mark.parametrize(
    "pasted",
    [
        pytest.param("", id="nothing"),
        pytest.param("   ", id="spaces"),
        pytest.param("https://", id="a scheme alone"),
        pytest.param("/", id="a slash"),
        pytest.param("our acumatica server", id="words"),
        pytest.param("C:\\Sites\\Acumatica", id="a folder"),
        pytest.param("ftp://erp.example.com", id="another scheme"),
        pytest.param("javascript:alert(1)", id="a script"),
        pytest.param("https://https://erp.example.com", id="pasted twice"),
        pytest.param("https://erp..example.com", id="an empty label"),
        pytest.param("https://erp.example.com:99999", id="no such port"),
        pytest.param("https://erp.example.com:abc", id="a port in letters"),
        pytest.param("https://[::1", id="half an IPv6 address"),
        pytest.param("https://[x]/", id="no IPv6"),
        pytest.param("https://erp.example.com/a/../b", id="a step back"),
        pytest.param("https://erp.example.com/%2e%2e/b", id="a step back, encoded"),
        pytest.param("https://erp.example.com/a%2Fb", id="a hidden slash"),
        pytest.param("https://erp.example.com/a%0d%0ab", id="a hidden line break"),
        pytest.param("https://-erp.example.com", id="a hyphen first"),
        pytest.param("https://{instance}.acumatica.com", id="a placeholder"),
    ],
)
def test_rubbish_is_refused_in_one_sentence_with_an_example(pasted: str):
    with pytest.raises(SettingsError) as caught:
        parse_instance_uri(pasted)
    assert caught.value.message.count(".") == 1
    assert caught.value.message.endswith(".")
    assert caught.value.failure_type == "config"


@pytest.mark.parametrize(
    "pasted",
    [
        "https://admin:hunter2@erp.example.com",  # pragma: allowlist secret
        "admin:hunter2@erp.example.com/site",  # pragma: allowlist secret
        "https://admin:hunter2@erp.example.com:notaport",  # pragma: allowlist secret
        "https://admin:12/hunter2@erp.example.com",  # pragma: allowlist secret
        "https://admin:hunter2@[::1",  # pragma: allowlist secret
    ],
)
def test_a_password_in_the_address_is_refused_and_not_repeated(pasted: str):
    with pytest.raises(SettingsError) as caught:
        parse_instance_uri(pasted)
    text = f"{caught.value.sentence()} {caught.value.detail} {caught.value.__cause__!r}"
    assert "user name" in caught.value.message
    assert "hunter2" not in text
    assert "admin" not in text


HOSTS = st.sampled_from(["erp.example.com", "ERP.Example.com", "localhost", "10.0.0.1", "[::1]", "bücher.example"])
PORTS = st.sampled_from(["", ":80", ":443", ":8080"])
SCHEMES = st.sampled_from(["", "https://", "http://", "HTTPS://", "https:/", "//"])
SEGMENTS = st.lists(
    st.one_of(
        st.text(
            st.characters(exclude_characters="/?#@\\", exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8
        ),
        st.sampled_from(["entity", "Main", "(W(1))", "%28W%281%29%29", "Default", "24.200.001", "%2541", "Frames"]),
    ),
    max_size=5,
)


@given(SCHEMES, HOSTS, PORTS, SEGMENTS)
def test_reading_an_address_again_changes_nothing(scheme: str, host: str, port: str, segments: list[str]):
    try:
        first = parse_instance_uri(f"{scheme}{host}{port}/{'/'.join(segments)}")
    except SettingsError:
        return
    again = parse_instance_uri(first.base_url)
    assert again.base_url == first.base_url
    assert (again.endpoint_name, again.endpoint_version) == (None, None)
    assert first.base_url.isascii()
    assert not first.base_url.endswith("/")


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_settings_error(text: str):
    try:
        address = parse_instance_uri(text)
    except SettingsError:
        return
    assert parse_instance_uri(address.base_url).base_url == address.base_url


AT_SITE = InstanceAddress("https://erp.example.com:8443/AcumaticaERP")


@pytest.mark.parametrize(
    ("href", "url"),
    [
        pytest.param(
            "/AcumaticaERP/entity/Default/24.200.001/Bill/1",
            "https://erp.example.com:8443/AcumaticaERP/entity/Default/24.200.001/Bill/1",
            id="the site path is in the link already",
        ),
        pytest.param("/x?company=A%20B", "https://erp.example.com:8443/x?company=A%20B", id="a query is kept"),
        pytest.param("/files/1/{filename}", "https://erp.example.com:8443/files/1/{filename}", id="a template"),
        pytest.param("https://erp.example.com:8443/x", "https://erp.example.com:8443/x", id="absolute"),
        pytest.param("http://erp.example.com/x", "https://erp.example.com:8443/x", id="absolute, given behind a proxy"),
        pytest.param("https://ERP.example.com/x", "https://erp.example.com:8443/x", id="absolute, in capitals"),
        pytest.param("//erp.example.com/x", "https://erp.example.com:8443/x", id="without a scheme"),
    ],
)
def test_a_link_leads_to_our_own_origin(href: str, url: str):
    assert AT_SITE.resolve(href) == url


@pytest.mark.parametrize(
    "href",
    [
        "https://evil.example/x",
        "//evil.example/x",
        "https://erp.example.com@evil.example/x",
        "https://erp.example.com.evil.example/x",
        "ftp://erp.example.com/x",
        "javascript:alert(1)",
        "entity/Default",
        "",
        "?company=1",
        "/x\r\nHost: evil.example",
        "https://erp.example.com:port/x",
        "https://[::1/x",
    ],
)
def test_a_link_to_another_host_is_not_followed_because_cookies_would_go_along(href: str):
    with pytest.raises(Unexpected):
        AT_SITE.resolve(href)


@given(st.text(max_size=40))
def test_whatever_the_link_the_result_is_on_our_origin(href: str):
    try:
        url = AT_SITE.resolve(href)
    except Unexpected:
        return
    assert url.startswith("https://erp.example.com:8443/")


def test_the_origin_leaves_the_site_path_out():
    assert AT_SITE.origin == "https://erp.example.com:8443"
    assert parse_instance_uri("erp.example.com").origin == "https://erp.example.com"
