"""A swagger document read into the model: shapes, fields with types, screens, actions.

    tags              -> the top-level entities, with title and screen out of "Chart of Accounts (GL202500)"
    $ref to a wrapper -> a field       (`StringValue`, `DecimalValue`, ...: by the explicit list of `ValueType`)
    $ref to an object -> a linked entity
    array of $ref     -> a detail
    POST /E/<Action>  -> an action of E
    PATCH /E          -> the build can write some fields of E without ever inserting
    info.version      -> the contract version

Evidence: the swagger documents of Default 20.200.001 (OpenAPI 2.0) and 24.200.001 (3.0.1) and of MANUFACTURING
24.200.001, as published by Acumatica. Keys, cursors and access are not in them: those come from `facts`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping

import msgspec

from acumatica_client.errors import SettingsError, Unexpected
from acumatica_client.schema.facts import Facts, load_facts
from acumatica_client.schema.model import SUPPORTED_CONTRACTS, EndpointSchema, EntitySchema, EntityShape, ValueType
from acumatica_client.schema.system_members import DELETE, SYSTEM_MEMBERS

# Members that every object has or may have on the wire; none of them is a field of the business object.
_BASE_MEMBERS = SYSTEM_MEMBERS | {DELETE}

_WRAPPERS = {wrapper.value: wrapper for wrapper in ValueType}
_TITLE = re.compile(r"^(?P<title>.*?)\s*\((?P<screen>[A-Z]{2}[A-Z0-9]{6})\)\s*$", re.DOTALL)
_ADDRESS = re.compile(r"/entity/(?P<endpoint>[^/]+)/(?P<version>[^/]+)/?$", re.IGNORECASE)
_ACTION = re.compile(r"^/(?P<entity>[^/{}$]+)/(?P<action>[^/{}$]+)$")
_DEEPEST = 6  # levels of shapes written inline: one that contains itself has no end
_SCALARS: Mapping[tuple[str, str], ValueType] = {
    ("string", "date-time"): ValueType.DATETIME,
    ("string", "date"): ValueType.DATE,
    ("string", "uuid"): ValueType.GUID,
    ("string", ""): ValueType.STRING,
    ("boolean", ""): ValueType.BOOLEAN,
    ("number", ""): ValueType.DECIMAL,
    ("integer", "int64"): ValueType.LONG,
    ("integer", ""): ValueType.INT,
}


class _Node(msgspec.Struct, gc=False, rename={"ref": "$ref", "all_of": "allOf", "one_of": "oneOf", "any_of": "anyOf"}):
    """The part of a JSON Schema that these documents use; everything else in it is skipped unread."""

    ref: str = ""
    type: str = ""
    format: str = ""
    items: _Node | None = None
    all_of: list[_Node] = []
    one_of: list[_Node] = []
    any_of: list[_Node] = []
    properties: dict[str, _Node] = {}

    @property
    def target(self) -> str:
        """The name of the schema referred to, or ``."""
        return self.ref.rpartition("/")[2]

    @property
    def unwrapped_reference(self) -> _Node:
        """OpenAPI 3.0 can attach a remark to a reference, such as `nullable`, only by a list with it and little else:
        `{"allOf": [{"$ref": ..}], "nullable": true}`."""
        parts = [*self.all_of, *self.one_of, *self.any_of]
        references = [part for part in parts if part.ref]
        says_more = self.ref or any(node.properties for node in (self, *parts))
        return references[0] if len(references) == 1 and not says_more else self

    @property
    def is_empty(self) -> bool:
        return not (self.ref or self.type or self.all_of or self.one_of or self.any_of or self.properties)


class _Named(msgspec.Struct, gc=False):
    name: str
    description: str | None = None


class _Info(msgspec.Struct, gc=False):
    title: str = ""
    version: str = ""


class _Components(msgspec.Struct, gc=False):
    schemas: dict[str, _Node] = {}


class _Server(msgspec.Struct, gc=False):
    url: str = ""


class _Document(msgspec.Struct, gc=False, rename={"base_path": "basePath"}):
    """OpenAPI 2.0 keeps its schemas in `definitions`, 3.0 in `components.schemas`; the rest is alike."""

    info: _Info
    paths: dict[str, dict[str, msgspec.Raw]]
    tags: list[_Named] = []
    definitions: dict[str, _Node] = {}
    components: _Components = msgspec.field(default_factory=_Components)
    base_path: str = ""
    servers: list[_Server] = []

    @property
    def entities(self) -> list[_Named]:
        """The tags; in a document without any, the schemas that have a list."""
        listed = (path[1:] for path, methods in self.paths.items() if "get" in methods)
        return self.tags or [_Named(name) for name in listed if name in self.schemas]

    @property
    def schemas(self) -> dict[str, _Node]:
        return self.definitions or self.components.schemas


_decode = msgspec.json.Decoder(_Document).decode


def parse_swagger(
    document: bytes, *, supported: Collection[int] = SUPPORTED_CONTRACTS, facts: Facts | None = None
) -> EndpointSchema:
    """Read a swagger.json (OpenAPI 2.0 or 3.0) and join it with the facts that swagger lacks.

    Raises `Unexpected` for bytes that are no such document, `SettingsError` for a contract version that is not
    supported.
    """
    parsed = _read(document)
    endpoint, version = _endpoint_of(parsed)
    contract = _contract_of(parsed, endpoint, version, supported)
    shapes = _Shapes(parsed.schemas)
    tags = parsed.entities
    shapes.gather(tag.name for tag in tags if tag.name in parsed.schemas)
    known = load_facts() if facts is None else facts
    actions = _actions(parsed.paths)
    entities = {}
    # A tag without a schema of its name has no rows (a report); it is not an entity.
    for tag in tags:
        if tag.name in shapes.found:
            title, screen = _title_and_screen(tag.description or "")
            own, patch = tuple(actions.get(tag.name, ())), "patch" in parsed.paths.get(f"/{tag.name}", {})
            entity = EntitySchema(shapes.found[tag.name], title, screen, own, patch=patch)
            entities[tag.name] = known.complete(endpoint, entity)
    parameters = {name: shapes.parameters(name) for names in actions.values() for name in names}
    return EndpointSchema(endpoint, version, contract, entities, shapes.found, parameters)


def _read(document: bytes) -> _Document:
    try:
        return _decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unexpected(
            "The instance did not answer with a swagger document of an endpoint.",
            advice="Check the instance address, the endpoint and its version.",
            detail=str(error),
        ) from error


def _endpoint_of(document: _Document) -> tuple[str, str]:
    """Name and version: `info.title` is "Default/24.200.001"; the base path says it too."""
    name, slash, version = document.info.title.rpartition("/")
    if slash and name and version:
        return name, version
    for address in (document.base_path, *(server.url for server in document.servers)):
        if found := _ADDRESS.search(address):
            return found["endpoint"], found["version"]
    raise Unexpected("The swagger document does not say which endpoint it describes.", detail=document.info.title)


def _contract_of(document: _Document, endpoint: str, version: str, supported: Collection[int]) -> int:
    text = document.info.version
    if not (text.isascii() and text.isdecimal()):
        raise Unexpected(
            f"The swagger document of {endpoint}/{version} does not state a contract version.", detail=text
        )
    contract = int(text)
    if contract in supported:
        return contract
    ours = ", ".join(str(number) for number in sorted(supported))
    raise SettingsError(
        f"The endpoint {endpoint}/{version} has contract version {contract}; this connector supports {ours}.",
        advice="Choose an endpoint version from 20.200.001 to 26.200.001, for example Default/24.200.001.",
    )


def _title_and_screen(description: str) -> tuple[str, str]:
    found = _TITLE.match(description)
    title = found["title"] if found else description
    return " ".join(title.split()), found["screen"] if found else ""


def _actions(paths: Mapping[str, Mapping[str, msgspec.Raw]]) -> dict[str, list[str]]:
    """The named actions of each entity; `/E/{actionName}` and `/E/$adHocSchema` are none."""
    actions: dict[str, list[str]] = {}
    for path, methods in paths.items():
        if "post" in methods and (found := _ACTION.match(path)):
            actions.setdefault(found["entity"], []).append(found["action"])
    return actions


class _Shapes:
    """Reads the shapes that can be reached from the top-level entities, each once: they may refer to each other."""

    def __init__(self, schemas: Mapping[str, _Node]) -> None:
        self._schemas = schemas
        self._waiting: deque[tuple[str, _Node]] = deque()
        self.found: dict[str, EntityShape] = {}

    def gather(self, names: Iterator[str]) -> None:
        for name in names:
            self._want(name, self._schemas[name])
        while self._waiting:
            name, node = self._waiting.popleft()
            if name not in self.found:
                self.found[name] = self._shape(name, node)

    def parameters(self, action: str) -> dict[str, ValueType]:
        """What an action takes. Its body is a schema of its own name, with `parameters` as an object of wrappers."""
        node = self._schemas.get(action, _Node()).properties.get("parameters", _Node())
        types = {name: self._value_type(one.unwrapped_reference) for name, one in node.properties.items()}
        return {name: kind for name, kind in types.items() if kind is not None}

    def _want(self, name: str, node: _Node) -> str:
        self._waiting.append((name, node))
        return name

    def _shape(self, name: str, node: _Node) -> EntityShape:
        fields: dict[str, ValueType] = {}
        linked: dict[str, str] = {}
        details: dict[str, str] = {}
        for member, node_or_reference in self._members(node):
            if member in _BASE_MEMBERS:
                continue
            described = node_or_reference.unwrapped_reference
            if (value_type := self._value_type(described)) is not None:
                fields[member] = value_type
            elif described.type == "array":
                details[member] = self._target(f"{name}.{member}", (described.items or _Node()).unwrapped_reference)
            else:
                linked[member] = self._target(f"{name}.{member}", described)
        return EntityShape(name, fields, linked, details)

    def _members(self, node: _Node, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, _Node]]:
        """Every property, `allOf` merged in order and references followed."""
        if node.ref and node.target not in seen:
            yield from self._members(self._resolve(node), seen | {node.target})
        for part in node.all_of:
            yield from self._members(part, seen)
        yield from node.properties.items()

    def _value_type(self, node: _Node) -> ValueType | None:
        """The type of a scalar member, or None for an object or array.

        Never by the ending of the name: `AttributeValue` and `AttributeDefinitionValue` are entities. A wrapper unknown
        to the list is typed by its `value`, as long as it is a scalar; an inline scalar by itself; a member that
        has no description, or names a schema that is not there, is taken for text, so that it is not lost.
        """
        if not node.ref:
            return ValueType.STRING if node.is_empty else _scalar(node)
        if node.target in _WRAPPERS:
            return _WRAPPERS[node.target]
        if node.target not in self._schemas:
            return ValueType.STRING
        target = self._resolve(node)
        wrapped = None if target.all_of else target.properties.get("value")
        return None if wrapped is None else _scalar(wrapped)

    def _target(self, path: str, node: _Node) -> str:
        """The shape of a nested member; one written inline is named by its place, such as `SalesOrder.Extra`.

        An array of something other than objects becomes rows without members: the record codec carries it as it came.
        """
        if node.ref and node.target not in _WRAPPERS:
            return self._want(node.target, self._resolve(node))
        return self._want(path, node if not node.ref and path.count(".") < _DEEPEST else _Node())

    def _resolve(self, node: _Node) -> _Node:
        """What a reference means; an empty node where the document does not contain it: the other entities are still
        usable, and the codec keeps what answers have beyond their schema."""
        return self._schemas.get(node.target, _Node())


def _scalar(node: _Node) -> ValueType | None:
    return _SCALARS.get((node.type, node.format)) or _SCALARS.get((node.type, ""))
