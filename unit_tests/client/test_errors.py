"""What errors carry: a sentence for people, what to do, and who has to act."""

from __future__ import annotations

import inspect
import re

import pytest

from acumatica_client import errors
from acumatica_client.errors import AcumaticaError

TREE_LINE = re.compile(r"^    (?:[| ]*)\+-- (\w+)\s+(config|transient|system)\s", re.M)


def every_error() -> list[type[AcumaticaError]]:
    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, AcumaticaError)]
    return sorted(found, key=lambda kind: kind.__name__)


def test_the_tree_in_the_docstring_names_every_error_with_its_failure_type() -> None:
    drawn = dict(TREE_LINE.findall(errors.__doc__ or ""))

    assert drawn == {kind.__name__: kind.failure_type for kind in every_error() if kind is not AcumaticaError}


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    branch: list[str] = ["AcumaticaError"]
    for line in (errors.__doc__ or "").splitlines():
        if "+-- " not in line:
            continue
        depth = line.index("+-- ") // 4
        name = line.split("+-- ")[1].split()[0]
        branch = [*branch[:depth], name]
        assert getattr(errors, name).__mro__[1].__name__ == branch[depth - 1], name


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_begins_its_docstring_with_a_sentence(kind: type[AcumaticaError]) -> None:
    assert (kind.__doc__ or "").splitlines()[0].endswith(".")


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_says_what_happened_and_then_what_to_do(kind: type[AcumaticaError]) -> None:
    error = kind("It broke.", advice="Mend it.", detail="a screw")

    assert (str(error), error.sentence(), error.detail) == ("It broke.", "It broke. Mend it.", "a screw")


def test_an_error_without_advice_is_its_message_alone() -> None:
    assert AcumaticaError("It broke.").sentence() == "It broke."


def test_what_is_unknown_is_taken_for_the_dangerous_case_only_where_something_says_so() -> None:
    assert not errors.Unreachable("x").sent
    assert not errors.Overloaded("x").declined
    assert errors.Overloaded("x").retry_after is None
    assert errors.Unexpected("x").status == 0


def test_an_empty_answer_is_unexpected_and_never_taken_for_data() -> None:
    assert isinstance(errors.EmptyAnswer("x", status=200), errors.Unexpected)


def test_a_field_error_names_its_place_and_the_whole_record_has_none() -> None:
    assert str(errors.FieldError("Details[0].Project", "cannot be found")) == "Details[0].Project: cannot be found"
    assert str(errors.FieldError("", "cannot be found")) == "cannot be found"


def test_a_server_fault_keeps_the_status_and_the_name_that_dot_net_gave() -> None:
    error = errors.Rejected("no", status=422, exception_type="PX.Data.PXException")

    assert (error.status, error.exception_type, error.errors) == (422, "PX.Data.PXException", ())


def test_a_copy_has_the_changed_fields_and_leaves_the_original_as_it_was_raised() -> None:
    refused = errors.Rejected("no", errors=(errors.FieldError("Date", "is closed"),), status=422, advice="Open it.")

    changed = refused.replace(went_out=True, failure_type="config")

    assert type(changed) is errors.Rejected
    assert (changed.message, changed.advice, changed.status, changed.errors) == ("no", "Open it.", 422, refused.errors)
    assert (changed.went_out, changed.failure_type) == (True, "config")
    assert (refused.went_out, refused.failure_type) == (False, "system")


def test_a_copy_with_a_field_that_the_error_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="Unreachable has no field status"):
        errors.Unreachable("gone").replace(status=1)


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_the_failure_type_of_one_error_can_differ_from_that_of_its_class(kind: type[AcumaticaError]) -> None:
    assert kind("It broke.", failure_type="transient").failure_type == "transient"


@pytest.mark.parametrize(
    ("error", "was_sent"),
    [
        (errors.Unreachable("no host", sent=False, went_out=True), False),
        (errors.Unreachable("reset", sent=True, went_out=True), True),
        (errors.Overloaded("503 at the sign-in"), False),
        (errors.Overloaded("503", went_out=True), True),
        (errors.Rejected("422", went_out=True), True),
        (errors.SignInRefused("token", went_out=True), False),
        (errors.SettingsError("certificate", went_out=True), False),
        (errors.LoginLimit("full"), False),
    ],
)
def test_an_error_says_whether_its_request_may_have_reached_acumatica(error: AcumaticaError, was_sent: bool) -> None:
    assert error.was_sent is was_sent
