"""Every refusal of the instance, with status and exact text.

    failed        the ASP.NET envelope: message, exceptionMessage, exceptionType, stackTrace
    message_only  a message and nothing else
    invented      a message whose text was never recorded; a switch makes the body empty or a web page instead
    malformed     a value of the body cannot be read; a switch chooses the status
    unreadable    the body is empty or no JSON object
    (the entity itself, with `error` members, is made by `save_checks`)

Texts marked R were recorded from real instances by the projects named in docs/emulator-fidelity.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

GENERAL = "An error has occurred."
_ODATA = "   at PX.Api.ContractBased.OData\r\n   ..."
_FRAMES = "   at PX.Api.ContractBased.{}\r\n   ..."


class Refusal(Exception):
    """The request is refused. `invented`: its body was never recorded; `malformed`: the request's cannot be read."""

    invented = False
    malformed = False

    def __init__(self, status: int, body: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}


def envelope(message: str, exception: str, where: str = "SystemContracts.V2.RestController") -> str:
    """The body of an exception that reached the top."""
    frames = where if where.startswith("   at ") else _FRAMES.format(where)
    return json.dumps(
        {"message": GENERAL, "exceptionMessage": message, "exceptionType": exception, "stackTrace": frames}
    )


def failed(message: str, exception: str = "PX.Data.PXException", where: str = "", status: int = 500) -> Refusal:
    return Refusal(status, envelope(message, exception, where or "SystemContracts.V2.RestController"))


def message_only(status: int, message: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """A body with nothing but a message."""
    return Refusal(status, json.dumps({"message": message}), headers)


def invented(status: int, message: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """UNVERIFIED: only the status is known."""
    refusal = message_only(status, message, headers)
    refusal.invented = True
    return refusal


def not_signed_in(site: str | None = None) -> Refusal:
    """UNVERIFIED: the body of a 401 was never recorded; swagger only says that it is an HttpError.

    With a site the browser's form of it, which operators met after a recycle: a redirect to the login page.
    """
    if site is not None:
        return Refusal(302, "", {"Location": f"{site}/Frames/Login.aspx", "Content-Type": "text/html; charset=utf-8"})
    return invented(401, "Authorization has been denied for this request.")


def no_such_entity(path: str) -> Refusal:
    """UNVERIFIED: ASP.NET's usual text for a path without a controller; only the 404 is reported."""
    return invented(404, f"No HTTP resource was found that matches the request URI '{path}'.")


def no_entity_satisfies() -> Refusal:
    return failed(  # R
        "No entity satisfies the condition.",
        "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException",
        "EntityService.Get(ISystemContract systemContract, String version, String name)",
    )


def unknown_name() -> Refusal:
    return failed(  # R
        "The given key was not present in the dictionary.",
        "System.Collections.Generic.KeyNotFoundException",
        "   at System.Collections.Generic.Dictionary`2.get_Item(TKey key)\r\n" + _ODATA,
    )


def bad_filter(message: str, status: int = 500) -> Refusal:
    return failed(
        message,
        "Microsoft.Data.OData.ODataException",
        "   at Microsoft.Data.OData.Query.MetadataBinder.Bind(QueryToken token)\r\n" + _ODATA,
        status,
    )


def cannot_optimize(fields: Mapping[str, str]) -> Refusal:
    """`fields` maps a field name to the view that has the delegate. No space after the dot: recorded so."""
    lines = "".join(f"{field}: View {view} has BQL delegate\r\n" for field, view in sorted(fields.items()))
    return failed(  # R
        f"Optimization cannot be performed.The following fields cause the error:\r\n{lines}",
        "PX.Api.ContractBased.OptimizedExport.CannotOptimizeException",
        "   at PX.Api.ContractBased.OptimizedExport.NotWorkingOptimizedExportProvider.get_CanOptimize()\r\n   ...",
    )


def setup_not_entered(form: str) -> Refusal:
    return failed(  # R
        f"The required configuration data is not entered on the {form} form.",
        "PX.Data.PXSetupNotEnteredException",
    )


def insufficient_rights(entity: str, screen: str) -> Refusal:
    return message_only(403, f"You have insufficient rights to access the {entity} ({screen}) form.")  # R


def precondition_failed() -> Refusal:
    """UNVERIFIED text; the 412 and its two reasons stand in every contract-4 swagger."""
    return invented(412, "The entity does not satisfy the condition of the request header.")


def malformed(why: str) -> Refusal:
    refusal = message_only(400, f"An exception occurred during input parsing: {why}")
    refusal.malformed = True
    return refusal


def unreadable(why: str) -> Refusal:
    """The body is no JSON object: the envelope of ASP.NET's model binder. R for an empty body; other texts invented."""
    refusal = Refusal(400, json.dumps({"message": "The request is invalid.", "modelState": {"": [why]}}))
    refusal.malformed = True
    return refusal


def long_operation(status: int) -> Refusal:
    text = "A long operation is running for this screen in the current session. Please try again later."
    return message_only(409, text) if status == 409 else failed(text)


def length_required() -> Refusal:
    page = "<HTML><HEAD><TITLE>Length Required</TITLE></HEAD><BODY><h2>Length Required</h2></BODY></HTML>"
    return Refusal(411, page, {"Content-Type": "text/html; charset=us-ascii"})


def custom_error_text(status: int) -> Refusal:
    """What IIS puts in place of a JSON body of 429."""
    text = "The custom error module does not recognize this error."  # R
    return Refusal(status, text, {"Content-Type": "text/plain; charset=utf-8"})
