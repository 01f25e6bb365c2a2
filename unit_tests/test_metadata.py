"""The metadata.yaml of both connectors: what Airbyte's registry allows in it, and what must agree with other files."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from jsonschema import Draft7Validator

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("source", "destination")
TEXT = {"type": "string", "minLength": 1}
TRUTH = {"type": "boolean"}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}


def members(required: tuple[str, ...] = (), **properties: dict) -> dict:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


RESOURCES = members(**dict.fromkeys(("cpu_request", "cpu_limit", "memory_request", "memory_limit"), TEXT))
JOBS = [
    "get_spec",
    "check_connection",
    "discover_schema",
    "sync",
    "reset_connection",
    "connection_updater",
    "replicate",
]
LINKS = [
    "api_deprecations",
    "api_reference",
    "api_release_history",
    "authentication_guide",
    "data_model_reference",
    "developer_community",
    "migration_guide",
    "openapi_spec",
    "other",
    "permissions_scopes",
    "rate_limits",
    "sql_reference",
    "status_page",
]
# The models of ConnectorMetadataDefinitionV0 refuse unknown members, and so does this.
DATA = members(
    (
        "name",
        "definitionId",
        "connectorType",
        "dockerRepository",
        "dockerImageTag",
        "license",
        "documentationUrl",
        "githubIssueLabel",
        "connectorSubtype",
        "releaseStage",
    ),
    name=TEXT,
    definitionId=TEXT,
    connectorType={"enum": list(NAMES)},
    connectorSubtype={
        "enum": ["api", "database", "datalake", "file", "custom", "message_queue", "unknown", "vectorstore"]
    },
    dockerRepository=TEXT,
    dockerImageTag={"type": "string", "pattern": r"^\d+\.\d+\.\d+(-[\w.]+)?$"},
    license={"enum": ["MIT", "ELv2"]},
    documentationUrl={"type": "string", "pattern": "^https://"},
    externalDocumentationUrls={
        "type": "array",
        "items": members(
            ("title", "url"),
            title=TEXT,
            url={"type": "string", "pattern": "^https://"},
            type={"enum": LINKS},
            requiresLogin=TRUTH,
        ),
    },
    githubIssueLabel=TEXT,
    icon=TEXT,
    releaseStage={"enum": ["alpha", "beta", "generally_available", "custom"]},
    supportLevel={"enum": ["community", "certified", "archived"]},
    supportsRefreshes=TRUTH,
    supportsDataActivation=TRUTH,
    supportsFileTransfer=TRUTH,
    maxSecondsBetweenMessages={"type": "integer", "minimum": 1},
    allowedHosts=members(hosts=TEXTS),
    suggestedStreams=members(streams=TEXTS),
    connectorBuildOptions=members(baseImage=TEXT),
    connectorTestSuitesOptions={
        "type": "array",
        "items": members(("suite",), suite={"enum": ["unitTests", "integrationTests", "acceptanceTests", "liveTests"]}),
    },
    registryOverrides=members(**dict.fromkeys(("oss", "cloud"), members(("enabled",), enabled=TRUTH))),
    remoteRegistries=members(pypi=members(("enabled", "packageName"), enabled=TRUTH, packageName=TEXT)),
    resourceRequirements=members(
        default=RESOURCES,
        jobSpecific={
            "type": "array",
            "items": members(("jobType",), jobType={"enum": JOBS}, resourceRequirements=RESOURCES),
        },
    ),
    tags={"type": "array", "items": {"type": "string", "pattern": r"^(language:python|cdk:python|keyword:[\w-]+)$"}},
    ab_internal=members(
        sl={"type": "integer", "minimum": 0, "maximum": 300},
        ql={"type": "integer", "minimum": 0, "maximum": 600},
        isEnterprise=TRUTH,
        requireVersionIncrementsInPullRequests=TRUTH,
    ),
)
WHOLE = members(("metadataSpecVersion", "data"), metadataSpecVersion={"const": "1.0"}, data=DATA)


def metadata(name: str) -> dict:
    return yaml.safe_load((ROOT / f"connectors/{name}-acumatica/metadata.yaml").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
class TestTheMetadata:
    def test_has_what_the_registry_requires_and_nothing_unknown(self, name):
        assert [error.message for error in Draft7Validator(WHOLE).iter_errors(metadata(name))] == []

    def test_is_of_this_connector(self, name):
        data = metadata(name)["data"]
        own = f"{name}-acumatica"
        assert (data["connectorType"], data["githubIssueLabel"]) == (name, own)
        assert data["dockerRepository"] == f"airbyte/{own}"
        assert f"LABEL io.airbyte.name=airbyte/{own}\n" in (ROOT / "Dockerfile").read_text("utf-8")
        assert {"language:python", "cdk:python"} <= set(data["tags"])

    def test_links_to_the_same_page_as_the_specification(self, name):
        specification = json.loads((ROOT / f"{name}_acumatica/spec.json").read_text("utf-8"))
        assert metadata(name)["data"]["documentationUrl"] == specification["documentationUrl"]
        page = specification["documentationUrl"].partition("docs.airbyte.com/")[2]
        assert (ROOT / "docs" / f"{page}.md").exists()

    def test_builds_on_the_base_image_of_the_dockerfile(self, name):
        base = metadata(name)["data"]["connectorBuildOptions"]["baseImage"]
        assert f"ARG BASE_IMAGE={base}\n" in (ROOT / "Dockerfile").read_text("utf-8")

    def test_names_the_package_of_setup_py(self, name):
        package = metadata(name)["data"]["remoteRegistries"]["pypi"]["packageName"]
        assert f'name="{package}"' in (ROOT / "setup.py").read_text("utf-8")

    def test_has_a_square_icon(self, name):
        icon = ElementTree.parse(ROOT / f"connectors/{name}-acumatica" / metadata(name)["data"]["icon"]).getroot()
        left, top, width, height = map(float, icon.get("viewBox").split())
        assert (left, top) == (0, 0)
        assert width == height == float(icon.get("width")) == float(icon.get("height"))


def test_each_connector_has_its_own_id_and_icon():
    ids = {UUID(metadata(name)["data"]["definitionId"]) for name in NAMES}
    icons = {(ROOT / f"connectors/{name}-acumatica/icon.svg").read_bytes() for name in NAMES}
    assert len(ids) == len(icons) == 2
    assert all(each.version == 4 for each in ids)


def test_the_source_may_be_silent_for_longer_than_the_slowest_answer():
    """An answer waits in Acumatica's queue for up to ten minutes, and a session for as long as the form allows."""
    specification = json.loads((ROOT / "source_acumatica/spec.json").read_text("utf-8"))
    properties = specification["connectionSpecification"]["properties"]
    longest = properties["login_wait_minutes"]["maximum"] * 60 + 660
    assert metadata("source")["data"]["maxSecondsBetweenMessages"] >= longest


def test_the_suggested_streams_are_in_the_guide():
    page = (ROOT / "docs/integrations/sources/acumatica.md").read_text("utf-8")
    streams = page.split("### Default")[1].split("\n### ")[0]
    for name in metadata("source")["data"]["suggestedStreams"]["streams"]:
        assert re.search(rf"\b{name}\b", streams), name
