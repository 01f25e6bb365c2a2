"""The connection part of the form that both connectors show: checked, then read into settings.

The values are never repeated in a message, since a neighbouring field may be a password.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from acumatica_client.api.settings import ConnectionSettings
from acumatica_client.auth.credentials import sign_in_of
from acumatica_client.errors import SettingsError
from acumatica_client.session.lease_settings import pool_settings
from acumatica_client.transport import transport_settings
from acumatica_client.transport.instance_address import parse_instance_uri

if TYPE_CHECKING:
    from jsonschema import ValidationError

Form = Mapping[str, object]


def check_form(form: object, schema: Mapping[str, object]) -> Form:
    """The form, when it satisfies the JSON schema of the connector's spec. Raises SettingsError with one sentence."""
    if not isinstance(form, Mapping):
        raise SettingsError("The configuration is not a JSON object.")
    sentence = _broken(form, schema, schema, [])
    if sentence:
        raise SettingsError(sentence)
    return form


def connection_settings(form: Form, *, user_agent: str) -> ConnectionSettings:
    """The settings behind a checked form.

    An endpoint in a pasted URL counts where the form leaves it open, and its version only for that endpoint.
    """
    address = parse_instance_uri(text(form, "instance_uri"))
    pasted = address.endpoint_name or "Default"
    endpoint = text(form, "endpoint_name") or pasted
    version = address.endpoint_version if endpoint.casefold() == pasted.casefold() else None
    credentials = form["credentials"]
    if not isinstance(credentials, Mapping):
        raise SettingsError("The sign-in is missing.")
    fields = {name: text(credentials, name, strip=name != "password") for name in credentials}
    return ConnectionSettings(
        address=address,
        sign_in=sign_in_of(
            fields, address, company=text(form, "company"), branch=text(form, "branch"), locale=text(form, "locale")
        ),
        endpoint_name=endpoint,
        endpoint_version=text(form, "endpoint_version") or version,
        sessions=number(form, "concurrency_level", 1),
        login_wait=60.0 * number(form, "login_wait_minutes", 10),
        requests_per_minute=number(form, "requests_per_minute", 0),
        business_date=text(form, "business_date"),
        user_agent=user_agent,
        transport=transport_settings(form),
        shared_pool=pool_settings(form),
    )


def text(form: Form, name: str, *, strip: bool = True) -> str:
    """A text field, empty where it is not filled in."""
    value = form.get(name)
    found = value if isinstance(value, str) else ""
    return found.strip() if strip else found


def number(form: Form, name: str, default: int) -> int:
    """A whole number; JSON Schema counts 5.0 as one."""
    value = form.get(name)
    return int(value) if isinstance(value, (int, float)) else default


def _broken(part: object, rules: Mapping[str, object], schema: Mapping[str, object], place: Sequence[str]) -> str:
    """What is wrong with a part of the form, empty when nothing is. `place` is where it stands in the whole."""
    from jsonschema import Draft7Validator
    from jsonschema.exceptions import relevance

    error = max(Draft7Validator(rules).iter_errors(part), key=relevance, default=None)
    if error is None:
        return ""
    path = [*place, *(str(step) for step in error.absolute_path)]
    if error.validator == "required":
        missing = [_title(schema, [*path, name]) for name in error.validator_value if name not in error.instance]
        return f"{_listed(missing)} must be filled in."
    if error.validator == "oneOf":
        return _broken_choice(error.instance, error.validator_value, schema, path)
    return f"{_title(schema, path)} {_reason(error)}."


def _broken_choice(
    part: object, choices: Sequence[Mapping[str, object]], schema: Mapping[str, object], path: Sequence[str]
) -> str:
    """What is wrong with the choice that was meant: the one whose constant the form names, or the only one."""
    for name, _ in _constants(choices[0]):
        values = [dict(_constants(choice)).get(name) for choice in choices]
        named = part.get(name) if isinstance(part, Mapping) else None
        if named in values:
            return _broken(part, choices[values.index(named)], schema, path)
        if named is not None or len(choices) > 1:
            return f"{_title(schema, [*path, name])} must be {' or '.join(map(repr, values))}."
    return _broken(part, choices[0], schema, path)


def _constants(choice: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    properties = choice.get("properties")
    for name, rule in properties.items() if isinstance(properties, Mapping) else ():
        if "const" in rule:
            yield name, rule["const"]


def _reason(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    rules = error.schema
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else list(wanted)
        return f"must be {' or '.join(_TYPES.get(kind, kind) for kind in kinds)}"
    if error.validator == "enum":
        return f"must be one of {', '.join(map(str, wanted))}"
    if error.validator == "pattern" and isinstance(rules, Mapping) and "pattern_descriptor" in rules:
        return f"must have the form {rules['pattern_descriptor']}"
    return _REASONS.get(str(error.validator), "is not valid").format(wanted=wanted)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a JSON object",
    "array": "a list",
    "null": "empty",
}

_REASONS = {
    "const": "must be {wanted!r}",
    "minimum": "must be at least {wanted}",
    "maximum": "must be at most {wanted}",
    "minLength": "must not be empty",
    "pattern": "is not in the expected form",
}


def _title(schema: Mapping[str, object], path: Sequence[str]) -> str:
    """The label of a field, found by walking the schema; the field's own name where it has none."""
    nodes: list[Mapping[str, object]] = [schema]
    for name in path:
        nodes = [child for node in nodes for child in _children(node, name)]
    for node in nodes:
        if isinstance(node.get("title"), str):
            return str(node["title"])
    if path and path[-1].isdigit():
        return f"An entry of {_title(schema, path[:-1])}"
    return path[-1] if path else "The configuration"


def _children(node: Mapping[str, object], name: str) -> Iterable[Mapping[str, object]]:
    choices = node.get("oneOf")
    for option in (node, *(choices if isinstance(choices, list) else ())):
        properties = option.get("properties")
        found = properties.get(name) if isinstance(properties, Mapping) else None
        if isinstance(found, Mapping):
            yield found
        if name.isdigit() and isinstance(option.get("items"), Mapping):
            yield option["items"]
