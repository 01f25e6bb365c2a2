"""Whatever is asked, the instance answers: no request makes it fall over."""

from __future__ import annotations

import json
from datetime import datetime
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acumatica_emulator.catalog import load
from acumatica_emulator.server.instance import Instance
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.clock import Clock
from acumatica_emulator.site.http import Request

SITE = "/AcumaticaERP"
SEGMENTS = st.one_of(
    st.sampled_from(
        [
            "entity",
            "Default",
            "24.200.001",
            "26.200.001",
            "auth",
            "login",
            "logout",
            "Customer",
            "SalesOrder",
            "SO",
            "SO000002",
            "Ledger",
            "ACTUAL",
            "InventorySummaryInquiry",
            "Contact",
            "3000",
            "files",
            "a.txt",
            "$adHocSchema",
            "swagger.json",
            "CancelSalesOrder",
            "status",
            "identity",
            "connect",
            "token",
            "%FF",
            "a%2Fb",
            "..",
            "d11d2e19-7c07-f111-8cb1-ac198e472cfe",
        ]
    ),
    st.text(st.characters(codec="ascii", exclude_characters="/?#%"), max_size=4),
)
PREFIXES = st.sampled_from(
    ["", f"{SITE}/", f"{SITE}/entity/", f"{SITE}/entity/Default/24.200.001/", f"{SITE}/entity/Default/26.200.001/"]
)
PATHS = st.builds(lambda prefix, parts: prefix + "/".join(parts), PREFIXES, st.lists(SEGMENTS, max_size=4))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5))
NAMES = st.sampled_from(
    [
        "id",
        "CustomerID",
        "OrderNbr",
        "OrderType",
        "Details",
        "MainContact",
        "note",
        "custom",
        "entity",
        "parameters",
        "value",
        "files",
    ]
)
BODIES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=8,
)
QUERIES = st.dictionaries(
    st.sampled_from(["$filter", "$select", "$expand", "$custom", "$top", "$skip", "$orderby", "company"]),
    st.one_of(
        st.sampled_from(
            ["Details", "CustomerID eq 'A'", "5", "*", "a.b", "(", "MainContact($select=Email)", "LastModified gt null"]
        ),
        st.text(st.characters(codec="ascii"), max_size=6),
    ),
    max_size=3,
)


def fresh(**behavior):
    instance = Instance(
        seed=3, clock=Clock(start=datetime(2026, 1, 1)), behavior=Behavior(contract5=True, seats=10**9, **behavior)
    )
    body = json.dumps({"name": "admin", "password": "secret"}).encode()
    answer = instance.answer(Request("POST", f"{SITE}/entity/auth/login", body=body)).response
    return instance, "; ".join(value.split(";")[0] for name, value in answer.headers if name == "Set-Cookie")


INSTANCE, COOKIE = fresh()


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS"]),
    path=PATHS,
    query=QUERIES,
    body=BODIES,
)
def test_every_request_has_an_answer(method, path, query, body):
    if "logout" in path:
        return
    headers = {"cookie": COOKIE, "content-length": "1"}
    request = Request(method, path, urlencode(query), headers, json.dumps(body).encode())
    response = INSTANCE.answer(request).response
    assert 200 <= response.status < 600
    if "json" in (response.header("content-type") or "") and response.body:
        json.loads(response.body)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(body=st.binary(max_size=20))
def test_every_body_has_an_answer(body):
    for method, path in (("PUT", "Customer"), ("POST", "SalesOrder/CancelSalesOrder")):
        request = Request(method, f"{SITE}/entity/Default/24.200.001/{path}", "", {"cookie": COOKIE}, body)
        assert INSTANCE.answer(request).response.status in (200, 400, 422, 500)
    for path in ("entity/auth/login", "identity/connect/token"):
        assert INSTANCE.answer(Request("POST", f"{SITE}/{path}", "", {}, body)).response.status in (204, 400, 500)


@pytest.mark.parametrize(
    "endpoint", ["Default/20.200.001", "Default/25.200.001", "MANUFACTURING/24.200.001", "eCommerce/24.200.001"]
)
def test_every_entity_of_an_endpoint_can_be_listed_or_says_why_not(open_client, endpoint):
    client = open_client(endpoint=endpoint)
    for entity in load(*endpoint.split("/")).top():
        parts = ",".join([*entity.linked, *entity.details])
        response = client.entity("GET", entity.name, expand=parts)
        if entity.role in ("inquiry", "processing"):
            assert b"CannotOptimizeException" in response.body
            assert client.entity("PUT", entity.name, {}, expand=parts).status == 200
        else:
            assert response.status == 200, (entity.name, response.body[:200])
            assert isinstance(json.loads(response.body), list)
        assert client.entity("GET", f"{entity.name}/$adHocSchema").status == 200
