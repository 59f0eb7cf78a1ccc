"""Problems of settings: a text for the form, and an error for the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rnnlab.base.checked import InvalidValuesError
from rnnlab.base.errors import BadInputError

_PLAIN_MESSAGES = {
    "should be a valid integer": "should be a whole number",
    "should be a valid number": "should be a number",
    "should be a valid boolean": "should be true or false",
}
"""Beginning of a message of pydantic -> message that the user sees instead."""


class Problem(NamedTuple):
    """One setting or field with an invalid value, or settings that exclude each other."""

    name: str
    """Name of the setting or field; "" for a combination of settings."""
    text: str
    """Text that the form shows next to the field, so it needs neither name nor value."""
    error: BadInputError
    """Error that the command line raises: one line, with name and value."""

    @classmethod
    def of(cls, name: str, error: BadInputError) -> Problem:
        """Return a problem for which the form shows the message of the error."""
        return cls(name, str(error), error)


def raise_first(problems: Sequence[Problem], source: str) -> None:
    """Raise the error of the first problem, if there is one.

    source: the file that holds the setting, named in the error; "" for none.
    """
    if problems:
        error = problems[0].error
        raise BadInputError(f"{source}: {error.what}" if source else error.what, error.hint)


def validation_problems(error: InvalidValuesError) -> Iterator[Problem]:
    """Yield one problem for each setting that pydantic refuses."""
    names = set()
    for detail in error.details:
        name = ".".join(map(str, detail["loc"]))
        if name not in names:
            names.add(name)
            yield _problem(name, detail)


def _problem(name: str, detail: Mapping[str, Any]) -> Problem:
    text = plain_message(detail["msg"])
    if not name:
        return Problem(name, text, BadInputError(text))
    if detail["type"] == "missing":
        return Problem.of(name, BadInputError(f"the setting {name!r} is missing"))
    return Problem(name, text, BadInputError(f"{name} = {detail['input']!r}: {text}"))


def plain_message(message: str) -> str:
    """Return a message of pydantic as a predicate of the setting, in plain words."""
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    for beginning, plain in _PLAIN_MESSAGES.items():
        if message.startswith(beginning):
            return plain
    return message[:1].lower() + message[1:]
