"""Where an instance is found and what it serves: site paths, the list of endpoints, names and versions in a URL."""

from __future__ import annotations

import pytest

from acumatica_emulator.site.http import Request
from unit_tests.emulator.conformance.conftest import below_site, listed, raw, read_json

SITES = ["/AcumaticaERP", "/25r2", "/isv", "/passculture", ""]


def endpoints(client):
    return read_json(client.send("GET", "/entity"))["endpoints"]


# --- the site in front of everything (Integration Development Guide 2026 R1, sign-in example)


@pytest.mark.parametrize("site", SITES)
def test_an_instance_lives_under_its_site_or_at_the_root(open_client, site):
    client = open_client(site=site)
    assert len(client.get("Ledger")) == 2


@pytest.mark.parametrize("site", SITES)
def test_the_links_of_a_record_begin_with_the_site_and_name_no_host(open_client, site):
    client = open_client(site=site)
    (row,) = client.get("Ledger", top=1)
    assert row["_links"]["self"] == f"{site}/entity/Default/24.200.001/Ledger/{row['id']}"
    assert row["_links"]["files:put"].startswith(f"{site}/entity/Default/24.200.001/files/")
    assert row["_links"]["files:put"].endswith(f"/{row['id']}/{{filename}}")


@pytest.mark.parametrize("site", SITES)
def test_the_self_link_leads_to_the_record(open_client, site):
    client = open_client(site=site)
    row = client.get("Ledger", top=1)[0]
    assert read_json(client.send("GET", below_site(client, row["_links"]["self"]))) == row


@pytest.mark.parametrize("site", ["/AcumaticaERP", "/isv", ""])
def test_the_place_of_a_long_operation_begins_with_the_site(open_client, site):
    client = open_client(site=site)
    body = {"entity": {"OrderNbr": {"value": "SO000003"}}}
    response = client.entity("POST", "SalesOrder/SalesOrderCreateShipment", body)
    assert response.status == 202
    expected = f"{site}/entity/Default/24.200.001/SalesOrder/SalesOrderCreateShipment/status/"
    assert response.header("Location").startswith(expected)


@pytest.mark.parametrize("path", ["/", "/other", "/ent", "/isvx/entity", "/entity"])
def test_outside_of_the_site_there_is_a_page_and_no_json(open_client, path):
    client = open_client(site="/isv")
    request = Request("GET", path, headers={"cookie": f"ASP.NET_SessionId={client.cookies['ASP.NET_SessionId']}"})
    response = client.instance.answer(request).response
    assert response.status == 404
    assert response.header("content-type").startswith("text/html")


# --- GET /entity (guide, topic on the ERP version and the list of endpoints; build 25.093.0036)


def test_anybody_may_ask_for_the_list_of_endpoints(open_client):
    response = open_client(signed_in=False).send("GET", "/entity")
    assert response.status == 200
    assert response.header("content-type") == "application/json; charset=utf-8"


def test_asking_for_the_endpoints_takes_no_seat(open_client):
    client = open_client(signed_in=False)
    client.send("GET", "/entity")
    assert (client.instance.seats.open, client.instance.seats.logins) == ([], 0)


def test_the_list_of_endpoints_shows_the_build_of_erp_and_database(open_client):
    client = open_client(build="24.207.0012")
    assert read_json(client.send("GET", "/entity"))["version"] == {
        "acumaticaBuildVersion": "24.207.0012",
        "databaseVersion": "24.207.0012",
    }


def test_a_row_of_the_list_has_a_name_a_version_and_a_place_that_ends_with_a_slash(client):
    for row in endpoints(client):
        assert list(row) == ["name", "version", "href"]
        assert row["href"] == f"/AcumaticaERP/entity/{row['name']}/{row['version']}/"


def test_the_list_is_ordered_by_version_then_by_name_without_regard_to_case(open_client):
    rows = [(row["version"], row["name"].casefold()) for row in endpoints(open_client(contract5=True))]
    assert rows == sorted(rows)


def test_an_older_build_answers_the_bare_rows(open_client):
    client = open_client(root_shape="array")
    rows = read_json(client.send("GET", "/entity"))
    assert isinstance(rows, list)
    assert {"name", "version", "href"} == set(rows[0])


def test_some_instances_give_the_endpoints_with_a_host(open_client):
    """Seen live on build 26.101; the guide has paths."""
    rows = endpoints(open_client(href="absolute"))
    assert {row["href"].split("/AcumaticaERP/")[0] for row in rows} == {"http://127.0.0.1"}


def test_the_versions_of_the_three_endpoints_are_not_parallel(client):
    """On a 2025 R2 build there is no eCommerce 25.200.001 and no MANUFACTURING 25.200.001."""
    served = {(row["name"], row["version"]) for row in endpoints(client)}
    assert ("Default", "25.200.001") in served
    assert not {("eCommerce", "25.200.001"), ("MANUFACTURING", "25.200.001"), ("MANUFACTURING", "20.200.001")} & served


def test_every_endpoint_of_a_2025_build_is_in_the_published_list(client, recorded):
    published = recorded("records/entity_root_25r2_official_doc.json")
    known = {(row["name"], row["version"]) for row in published["endpoints"]}
    assert {(row["name"], row["version"]) for row in endpoints(client)} <= known


@pytest.mark.parametrize("name", ["Default", "MANUFACTURING", "eCommerce"])
def test_the_names_have_the_case_of_the_published_documents(client, name):
    assert name in {row["name"] for row in endpoints(client)}


def test_a_2026_r2_instance_also_serves_contract_5_and_shows_its_features(open_client):
    answer = read_json(open_client(contract5=True).send("GET", "/entity"))
    fives = {(row["name"], row["version"]) for row in answer["endpoints"] if row["version"] >= "26"}
    assert fives == {(name, "26.200.001") for name in ("Default", "MANUFACTURING", "eCommerce")}
    assert isinstance(answer["features"], list)


def test_before_2026_r2_contract_5_is_not_served(client):
    client.endpoint = "Default/26.200.001"
    assert client.refused("GET", "Ledger")[0] == 404


def test_every_listed_endpoint_answers(open_client):
    client = open_client(contract5=True)
    for row in endpoints(client):
        answer = client.send("GET", f"{below_site(client, row['href'])}swagger.json")
        assert read_json(answer)["info"]["title"] == f"{row['name']}/{row['version']}"


# --- names in a URL


@pytest.mark.parametrize("version", ["17.200.001", "18.200.001", "6.00.001", "24.200", "latest"])
def test_a_version_that_is_not_served_is_404(client, version):
    """Contract 3 and older are gone since 2023 R2."""
    client.endpoint = f"Default/{version}"
    assert client.refused("GET", "Customer")[0] == 404


@pytest.mark.parametrize("endpoint", ["Nonsense/24.200.001", "eCommerce/25.200.001", "MANUFACTURING/25.200.001"])
def test_an_endpoint_that_is_not_served_is_404(client, endpoint):
    client.endpoint = endpoint
    assert client.refused("GET", "Ledger")[0] == 404


@pytest.mark.parametrize("name", ["Nonsense", "SalesOrderDetail", "Address", "AttributeValue", "Subcontracts"])
def test_only_top_level_entities_of_the_endpoint_have_a_url(client, name):
    for method in ("GET", "PUT"):
        assert client.refused(method, name, {})[0] == 404


def test_an_entity_of_another_endpoint_is_404(client):
    assert client.refused("GET", "ProductionOrder")[0] == 404
    client.endpoint = "MANUFACTURING/24.200.001"
    assert client.entity("GET", "ProductionOrder", top=1).status == 200
    assert client.refused("GET", "SalesOrder")[0] == 404


@pytest.mark.parametrize("segment", ["salesorder", "SALESORDER", "SalesOrder"])
def test_the_segment_of_an_entity_ignores_case(client, segment):
    """Acumatica C# client, the URL of issue #55."""
    assert client.get(segment, top=1) == client.get("SalesOrder", top=1)


@pytest.mark.parametrize("root", ["/entity", "/Entity", "/ENTITY"])
def test_the_first_segment_ignores_case_as_urls_of_the_web_server_do(client, root):
    assert raw(client, "GET", f"{root}/{client.endpoint}/Ledger").status == 200


def test_an_answer_without_a_session_comes_before_the_question_whether_the_entity_is_there(open_client):
    client = open_client(signed_in=False)
    assert [client.refused("GET", name)[0] for name in ("Customer", "Nonsense")] == [401, 401]


# --- how the query may be written


@pytest.mark.parametrize(
    "query",
    ["$top=1&$select=LedgerID", "%24top=1&%24select=LedgerID", "%24select=LedgerID&$top=1"],
)
def test_a_dollar_may_be_written_plain_or_encoded(client, query):
    rows = read_json(listed(client, "Ledger", query))
    assert [set(row) - {"id", "rowNumber", "note", "custom", "_links"} for row in rows] == [{"LedgerID"}]


@pytest.mark.parametrize("blank", ["+", "%20"])
def test_a_blank_may_be_written_as_a_plus_or_encoded(client, blank):
    rows = read_json(listed(client, "Ledger", f"$filter=LedgerID{blank}eq{blank}'BUDGET'"))
    assert [row["LedgerID"]["value"] for row in rows] == ["BUDGET"]


def test_a_parameter_the_api_does_not_have_is_ignored(client):
    assert read_json(listed(client, "Ledger", "COMPANYID=x&$format=json&unknown")) == client.get("Ledger")


@pytest.mark.parametrize("method", ["POST", "DELETE", "HEAD", "OPTIONS"])
def test_a_list_has_three_methods(client, method):
    response = client.entity(method, "Ledger")
    assert response.status == 405
    assert "GET" in response.header("Allow")


def test_json_is_answered_in_utf_8(client):
    insert_name = "Čapek Þór 株式会社"
    client.put("Ledger", {"LedgerID": "UTF", "Description": insert_name})
    response = client.entity("GET", "Ledger/UTF")
    assert response.header("content-type") == "application/json; charset=utf-8"
    assert insert_name in response.body.decode("utf-8")
