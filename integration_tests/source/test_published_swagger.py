"""Discovery against servers that answer with the swagger documents Acumatica published; skipped without them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from integration_tests.source.conftest import Source
from integration_tests.source.test_check_and_discover import keywords

DOCUMENTS = Path(__file__).resolve().parents[3] / "shared" / "acumatica" / "swagger"
PUBLISHED = ["Default_20.200.001", "Default_24.200.001", "MANUFACTURING_24.200.001"]


class Replay:
    """Signs anybody in, offers one endpoint version, and answers with its document."""

    def __init__(self, name: str, version: str, document: bytes) -> None:
        offer = json.dumps({"version": {}, "endpoints": [{"name": name, "version": version, "href": "/x/"}]}).encode()
        self.open = 0
        replay = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, status: int, body: bytes = b"") -> None:
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.send_header("set-cookie", "ASP.NET_SessionId=replay; path=/; HttpOnly")
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                replay.open += 1 if self.path.endswith("/login") else -1
                self.answer(204)

            def do_GET(self) -> None:
                self.answer(200, document if "swagger.json" in self.path else offer)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/Site"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture(params=PUBLISHED)
def published(request) -> Iterator[tuple[Replay, dict, str]]:
    path = DOCUMENTS / f"{request.param}.swagger.json"
    if not path.is_file():
        pytest.skip(f"no reference file {path.name}")
    name, _, version = request.param.partition("_")
    replay = Replay(name, version, path.read_bytes())
    yield replay, json.loads(path.read_bytes()), name
    replay.server.shutdown()
    replay.server.server_close()


def test_there_is_a_valid_stream_for_each_tag_that_can_be_read_and_none_is_lost_silently(published, tmp_path):
    replay, document, name = published
    result = Source(replay.url, tmp_path).discover(endpoint_name=name)
    assert (result.code, replay.open) == (0, 0)
    (catalog,) = result.of("CATALOG")
    streams = {stream["name"]: stream for stream in catalog["streams"]}
    said = " ".join(log["message"] for log in result.of("LOG"))
    left_out = set(said.partition("inquiries: ")[2].split(", "))
    tags = {tag["name"] for tag in document["tags"] if tag["name"] in schemas(document)}
    details = {stream for stream in streams if stream not in tags}
    assert tags == ({*streams} - details) | left_out
    assert all(stream.rpartition("_")[0] in streams or stream.partition("_")[0] in streams for stream in details)
    assert {*streams}.isdisjoint(left_out)
    for stream in streams.values():
        Draft7Validator.check_schema(stream["json_schema"])
        assert not {"$ref", "allOf", "not"} & keywords(stream["json_schema"]), stream["name"]


def schemas(document: dict) -> dict:
    return document.get("definitions") or document["components"]["schemas"]
