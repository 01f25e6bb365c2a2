"""What the user wants of an endpoint: streams, details, custom fields, filters, inquiries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase

# What customers add has one of these names; every other field that the contract leaves out is Acumatica's own, and a
# form has hundreds of them (guide, on custom fields and user-defined fields).
_ADDED = ("Usr*", "Attribute*")


class Details(str, Enum):
    """How the rows of details come."""

    SEPARATE = "separate"
    NESTED = "nested"
    BOTH = "both"

    @property
    def as_streams(self) -> bool:
        return self is not Details.NESTED

    @property
    def as_arrays(self) -> bool:
        return self is not Details.SEPARATE


@dataclass(frozen=True)
class StreamRule:
    """What holds for the streams whose name fits `pattern`; None where the rule is silent."""

    pattern: str
    filter: str | None = None
    page_size: int | None = None
    archived: bool | None = None


@dataclass(frozen=True)
class InquiryRule:
    """An inquiry to be read as the stream `name`. `results` is empty where the endpoint's facts name the detail."""

    name: str
    inquiry: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    results: str = ""


@dataclass(frozen=True)
class StreamOptions:
    """Patterns are shell patterns, compared with the case of the endpoint."""

    details: Details = Details.SEPARATE
    custom_fields: tuple[str, ...] = ()
    files: bool = False
    shown: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    rules: tuple[StreamRule, ...] = ()
    inquiries: tuple[InquiryRule, ...] = ()

    def shows(self, stream: str) -> bool:
        """Whether discovery offers the stream."""
        return (not self.shown or fits(stream, self.shown)) and not fits(stream, self.hidden)

    def wants_custom_fields(self, entity: str) -> bool:
        """Whether some of the patterns are about this entity."""
        return any(fits(entity, (pattern.partition("/")[0],)) for pattern in self.custom_fields)

    def wants_custom_field(self, entity: str, view: str, name: str) -> bool:
        """A pattern is `Entity`, for the fields that the customer added, or `Entity/View.Field`, for any others."""
        for pattern in self.custom_fields:
            entities, _, fields = pattern.partition("/")
            wanted = fits(f"{view}.{name}", (fields,)) if fields else fits(name, _ADDED)
            if wanted and fits(entity, (entities,)):
                return True
        return False

    def rule_of(self, entity: str) -> StreamRule:
        """The rules for an entity's stream, joined: of two that speak, the later one counts."""
        joined = StreamRule(entity)
        for rule in self.rules:
            if fits(entity, (rule.pattern,)):
                joined = StreamRule(
                    entity,
                    filter=joined.filter if rule.filter is None else rule.filter,
                    page_size=joined.page_size if rule.page_size is None else rule.page_size,
                    archived=joined.archived if rule.archived is None else rule.archived,
                )
        return joined

    def idle_rules(self, entities: Iterable[str]) -> list[str]:
        """The patterns of the rules that none of these entities fits."""
        known = list(entities)
        return [rule.pattern for rule in self.rules if not any(fits(name, (rule.pattern,)) for name in known)]


def fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
