"""Every switch of an instance's behavior, with its default.

Where it was never recorded what a real instance does, both behaviors are here, and the default is the likelier one.
The evidence of each is in docs/emulator-fidelity.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from difflib import get_close_matches


class UnknownSwitch(ValueError):
    """There is no switch of this name."""


class BadSwitchValue(ValueError):
    """The value does not have the type of the switch."""


_TAKES: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "names with commas between them, or a JSON array",
    dict: "a JSON object",
}


@dataclass
class Behavior:
    """One instance's behaviour. Every field may be changed while the instance runs."""

    # --- the site
    site: str = "/AcumaticaERP"
    build: str = "25.093.0036"
    contract5: bool = False  # also serve 26.200.001, as ERP 2026 R2 does
    drop_downs: list[str] = field(default_factory=lambda: ["Status", "ItemStatus"])  # contract 5: {id, description}
    oem_build: str = ""  # the OEM's own build number, as MYOB and Cegid show it
    custom_endpoints: dict[str, str] = field(default_factory=dict)  # "Shop/1.0": the system endpoint it extends
    root_shape: str = "wrapper"  # GET /entity: wrapper | array
    href: str = "path"  # in GET /entity: path | absolute
    openapi: str = "3.0.1"  # swagger.json: 3.0.1 | 2.0
    anonymous_swagger: bool = True
    links: bool = True
    file_comment: bool = True
    patch: bool = True  # ERP 2025 R1 and newer
    conflict_409: bool = True  # ERP 2025 R2 and newer; else 500 with the same text
    login_page: bool = True  # GET /Frames/Login.aspx shows a signed-in user's tenant; off: 404
    iis: bool = False  # pages of IIS for paths, bodies and queries that it refuses itself, as real sites do
    slash_keys: str = "split"  # an encoded slash in a key: split (IIS decodes first) | keep
    max_query: int = 0  # characters of a query string that IIS lets through, else its 404 page; 0: not limited
    plain_body: str = "json"  # of a 401, 404, 405, 412, which were never recorded: json | empty | html

    # --- signing in
    login_failure: str = ""  # "" | must_change_password | locked | license_expired
    lockout_after: int = 0  # wrong passwords that lock an account; 0: never
    lockout_minutes: float = 15.0
    relogin: str = "new"  # a login that brings an open session's cookie: new (another seat) | same
    limit_form: str = "500"  # of the API Login Limit: 500 | 429 | 429_text | 302
    limit_at: str = "use"  # where a bearer meets the limit: use (the first request) | token (invalid_grant)
    seats: int = 2
    seats_per_user: int = 0  # 0: not limited
    seat_policy: str = "license"  # of the third login when the license is full: license (refuse) | evict (oldest goes)
    session_minutes: float = 10.0
    expired_form: str = "401"  # of a request without a session: 401 | 302 (to the login page, as after a recycle)
    stale_tenants: list[str] = field(default_factory=list)  # created without a recycle: land in the default tenant
    rights: dict[str, dict[str, str]] = field(default_factory=dict)  # user -> entity or * -> none | read | write

    # --- reading
    server_zone: str = "UTC"  # whose offset labels a time
    user_zone: str = "UTC"  # whose wall clock a time shows
    filter_offset: str = "convert"  # the offset of a literal: convert (to the server zone) | ignore
    type_mismatch_status: int = 500
    row_number: str = "response"  # counts from the start of the: response | list
    max_page: int = 0  # a cap the server puts on $top; 0: none
    orderby: str = "ignore"  # $orderby: ignore | honor (one client offers it)
    languages: list[str] = field(default_factory=lambda: ["en"])  # of $expand=Translations; the first is the user's
    absent_members: dict[str, list[str]] = field(default_factory=dict)  # entity, part or line -> never in an answer
    null_notes: list[str] = field(default_factory=lambda: ["StockItem", "SalesOrderDetail"])  # null for an empty note
    null_parts: dict[str, list[str]] = field(default_factory=dict)  # entity -> expanded parts that are null if empty
    form_computed: dict[str, list[str]] = field(default_factory=dict)  # entity -> fields that a list shows as null
    select_ignored: list[str] = field(default_factory=list)  # entities whose lists ignore $select
    select_fails: dict[str, list[str]] = field(default_factory=dict)  # entity -> fields whose $select is a 500
    branch_scoped: list[str] = field(default_factory=list)  # lists that are [] when the login named no branch
    delegates: dict[str, dict[str, str]] = field(default_factory=dict)  # entity -> field, detail, A+B -> view
    silent_empty: list[str] = field(default_factory=list)  # entities whose non-key filters answer 200 []
    view_crossing_empty: list[str] = field(default_factory=list)  # whose filters over two views answer 200 []
    blank_lists: list[str] = field(default_factory=list)  # entities whose lists answer 200 and no bytes
    hidden: dict[str, int] = field(default_factory=dict)  # entity -> every how many rows one is visible
    forbidden: list[str] = field(default_factory=list)  # entities whose form the user may not open: 403
    unconfigured: list[str] = field(default_factory=list)  # entities whose preferences are not entered: 500
    gone: list[str] = field(default_factory=list)  # entities that vanish from the endpoint: 404, not in swagger

    # --- writing
    read_only: list[str] = field(default_factory=list)  # entities the user may not write: 200, nothing saved
    put_scope: str = "full"  # what a PUT answers: full | sent (fields sent and selected, and keys) | bare (no keys)
    disabled: dict[str, dict[str, str]] = field(default_factory=dict)  # entity -> field -> error of the 200, or none
    error_status: int = 422  # of an entity with errors: 422 | 500
    error_type: str = "outcome"  # of that 500: outcome (joined texts) | outer (PXOuterException with an inner one)
    error_exception: bool = False  # the 422 also carries exceptionMessage and exceptionType
    parse_status: int = 400  # of a body that cannot be read: 400 | 500
    override_needed: bool = True  # an address is only written when its override mark is set
    new_keys: list[str] = field(default_factory=lambda: ["StockItem"])  # saved without a key, under the key <NEW>
    unnumbered: list[str] = field(default_factory=list)  # entities without a numbering sequence: 422 on the key
    ambiguous_status: int = 422  # of a PUT whose $filter finds several rows
    delete_missing: str = "500"  # 500 | 204
    manual_numbers: bool = True  # a number sent for a new document is kept; else the sequence generates another
    bare_scalar: str = "400"  # a field sent without {"value":}: 400 | ignore
    inactive_periods: list[str] = field(default_factory=list)  # MMYYYY
    session_ids: list[str] = field(default_factory=list)  # entities whose lines have ids for one session only
    header_touch: bool = True  # a change of a detail row stamps the header
    commit_delay: float = 0.0  # seconds between the stamp of a write and its becoming visible
    action_polls: int = 1  # 202 answers before a long operation ends
    action_failure: str = ""  # text; long operations end with it
    action_failure_status: int = 500
    done_location: bool = False  # the 204 of an action carries a Location that does not lead anywhere

    # --- limits
    cores: int = 0  # requests served at once; 0: not limited
    queue: int = 20
    queue_minutes: float = 10.0
    per_minute: int = 0  # requests in a minute; 0: not limited
    decline_form: str = "text"  # body of 429: text (through IIS) | json
    retry_after: int = 0  # seconds in a Retry-After of a 429; 0: header absent
    latency: float = 0.0  # seconds added to every request
    maintenance: bool = False

    # --- OAuth
    refresh_days: float = 30.0
    refresh_reuse_error: str = "invalid_grant"

    def set(self, name: str, value: object) -> None:
        """Sets one switch; text is read as the switch's type, so that a command line can say it."""
        names = [known.name for known in fields(self)]
        if name not in names:
            close = " or ".join(get_close_matches(name, names)) or "one that --help lists"
            raise UnknownSwitch(f"there is no switch '{name}'; try {close}.")
        setattr(self, name, _converted(name, value, getattr(self, name)))

    def update(self, values: Mapping[str, object]) -> None:
        for name, value in values.items():
            self.set(name, value)


def _converted(name: str, value: object, now: object) -> object:
    try:
        if isinstance(value, str) and not isinstance(now, str):
            value = _from_text(value, now)
    except ValueError as error:
        raise _bad_value(name, value, now) from error
    if isinstance(value, Decimal):  # an order over HTTP
        value = float(value)
    if type(value) is type(now):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not isinstance(now, bool):
        if isinstance(now, float):
            return float(value)
        if isinstance(now, int) and value == int(value):
            return int(value)
    raise _bad_value(name, value, now)


def _bad_value(name: str, value: object, now: object) -> BadSwitchValue:
    return BadSwitchValue(f"the switch '{name}' takes {_TAKES[type(now)]}, not '{value}'.")


def _from_text(text: str, now: object) -> object:
    if isinstance(now, bool):
        return {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}.get(text.lower(), text)
    if isinstance(now, list) and not text.startswith("["):
        return [part for part in text.split(",") if part]
    if isinstance(now, (int, float)):
        return float(text)
    return json.loads(text)
