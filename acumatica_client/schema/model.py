"""What an endpoint offers, as one model: entities, fields with types, linked entities, details, actions, keys.

Pure values; `swagger` and `facts` build them from a swagger document and the table of facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

# The contract versions that the client can read and write.
SUPPORTED_CONTRACTS = frozenset({4, 5})


class ValueType(str, Enum):
    """The wrapper types of the contract (swagger schemas `StringValue`, `DecimalValue`, ...), named by what they hold.

    Contract 5 adds the last five (`StringSingleSelectValue`, ...). Evidence: swagger of 20.200.001 to 26.200.001.
    """

    STRING = "StringValue"
    BOOLEAN = "BooleanValue"
    DECIMAL = "DecimalValue"
    DOUBLE = "DoubleValue"
    INT = "IntValue"
    SHORT = "ShortValue"
    LONG = "LongValue"
    BYTE = "ByteValue"
    GUID = "GuidValue"
    DATETIME = "DateTimeValue"
    DATE = "DateOnlyValue"
    STRING_SELECT = "StringSingleSelectValue"
    INT_SELECT = "IntSingleSelectValue"
    STRING_MULTI_SELECT = "StringMultiSelectValue"


class Access(str, Enum):
    """How the rows of a top-level entity are reached."""

    LIST = "list"  # GET the list, GET by key
    INQUIRY = "inquiry"  # PUT the filter fields, the rows are in a detail
    PROCESSING = "processing"  # a mass-processing form: PUT the filter, then an action
    SINGLETON = "singleton"  # a preferences form: one record, no key


@dataclass(frozen=True)
class EntityShape:
    """The members of one schema of the document, top-level or nested.

    `linked` and `details` map a member to the name of another shape; shapes may refer to themselves.
    """

    name: str
    fields: Mapping[str, ValueType] = field(default_factory=dict)
    linked: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)

    def members(self) -> frozenset[str]:
        """The names of all fields, linked entities and details."""
        return frozenset((*self.fields, *self.linked, *self.details))


@dataclass(frozen=True)
class EntitySchema:
    """A top-level entity: its shape and what the facts table says of it.

    `keys` are the business key fields in URL order, `()` when unknown (then only `id` identifies a record).
    `cursor` is the field that shows change, a DateTimeValue of the shape, or None. `results` are the details with
    the rows of an inquiry, as far as they are known. `patch`: this build can write some fields of a record that exists,
    and never inserts by it.
    """

    shape: EntityShape
    title: str = ""
    screen: str = ""
    actions: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    cursor: str | None = None
    access: Access = Access.LIST
    results: tuple[str, ...] = ()
    patch: bool = False

    @property
    def name(self) -> str:
        return self.shape.name

    @property
    def primary_key(self) -> tuple[str, ...]:
        """What identifies a record in a stream: the business key, or `id` (the NoteID) where none is known."""
        return self.keys or ("id",)


@dataclass(frozen=True)
class EndpointSchema:
    """Everything one endpoint version declares; `parameters` are those of each action that it names."""

    endpoint: str
    version: str
    contract: int
    entities: Mapping[str, EntitySchema]
    shapes: Mapping[str, EntityShape]
    parameters: Mapping[str, Mapping[str, ValueType]] = field(default_factory=dict)

    def readable(self) -> Iterator[EntitySchema]:
        """The entities whose rows a list can give, in the document's order."""
        return (entity for entity in self.entities.values() if entity.access is Access.LIST)
