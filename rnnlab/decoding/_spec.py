"""Decoder specs, `name:key=value,key=value`: a decoder and its options as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args, get_origin

from rnnlab.base import registry
from rnnlab.base.checked import FieldInfo, InvalidValuesError
from rnnlab.base.errors import BadInputError, UnknownNameError
from rnnlab.base.names import did_you_mean, nearest
from rnnlab.decoding._base import Decoder
from rnnlab.decoding._options import Options
from rnnlab.decoding._values import split_spec, unquoted


@dataclass(frozen=True)
class Spec:
    """A parsed spec: a decoder with its options."""

    text: str
    """The spec as the user wrote it."""
    name: str
    decoder: Decoder
    options: Options

    @property
    def chain(self) -> list[str]:
        """The active filters in their order, then the search, then the limits, as texts."""
        return self.options.chain()


def option_names(options: type[Options]) -> dict[str, str]:
    """Return the keys that a spec may contain, each with the name of the field that it sets."""
    return {field.alias or name: name for name, field in options.model_fields.items()}


def written_values(spec: Spec) -> dict[str, str]:
    """Return the values that the text of a spec contains, by key, without quotes."""
    rest = spec.text.partition(":")[2]
    written = _values(spec.text, rest, spec.name, spec.decoder.options)
    return {key: unquoted(value) for key, value in written.items()}


def parse_spec(text: str) -> Spec:
    """Parse a spec; raises BadInputError with a message of one line."""
    name, _, rest = text.strip().partition(":")
    name = name.strip()
    if not name:
        raise BadInputError(f"the decoder spec {text!r} is empty", "write, for example, beam:k=5")
    if name not in registry.names("decoding"):
        where = f"decoder in spec {text!r}:" if text.strip() != name else "decoder"
        raise UnknownNameError(where, name, registry.names("decoding"))
    decoder: Decoder = registry.load("decoding", name).DECODER
    written = _values(text, rest, name, decoder.options)
    values = {}
    for key, value in written.items():
        try:
            values[key] = unquoted(value)
        except ValueError as error:
            raise BadInputError(f"in spec {text!r}, {key}={value}: {error}") from None
    try:
        options = decoder.options.model_validate(values)
    except InvalidValuesError as error:
        first = error.details[0]
        problem = _problem(first["type"], first["msg"])
        if not first["loc"]:
            raise BadInputError(f"in spec {text!r}: {problem}") from None
        key = str(first["loc"][0])
        field = decoder.options.model_fields[option_names(decoder.options)[key]]
        raise BadInputError(
            f"in spec {text!r}, {key}={written[key]}: {problem}", _limits(key, values[key], field)
        ) from None
    return Spec(text.strip(), name, decoder, options)


_PROBLEMS = {
    "int": "not an integer",
    "float": "not a number",
    "finite": "not a finite number",
    "greater": "too small",
    "less": "too large",
}
"""Message for an error of pydantic, by the first word of the error's type."""


def _problem(kind: str, message: str) -> str:
    """Return a short message for an error of pydantic."""
    if kind == "int_parsing_size":
        return "too many digits"
    plain = message.removeprefix("Input ").removeprefix("Value error, ")
    return _PROBLEMS.get(kind.partition("_")[0], plain)


def _values(text: str, rest: str, name: str, options: type[Options]) -> dict[str, str]:
    """Return the values of a spec by key, still quoted; raises BadInputError for an unknown key."""
    known = option_names(options)
    values: dict[str, str] = {}
    try:
        parts = split_spec(rest) if rest.strip() else []
    except ValueError as error:
        raise BadInputError(f"in spec {text!r}, {error}", 'end the quoted text with "') from None
    for part in parts:
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not key:
            raise BadInputError(
                f"in spec {text!r}, {part.strip()!r} is not of the form key=value",
                "separate options by commas: k=5,p=1",
            )
        if key not in known:
            # A user who writes a field's name is reminded of its key: `k` for `top_k`.
            names = {**{field: alias for alias, field in known.items()}, **dict.fromkeys(known)}
            near = nearest(key, names)
            raise BadInputError(
                f"in spec {text!r}, {name} has no option {key!r}",
                f"did you mean {(names[near] or near)!r}?" if near else f"keys: {', '.join(known)}",
            )
        if not equals or not value:
            raise BadInputError(
                f"in spec {text!r}, {part.strip()!r} is not of the form key=value",
                _limits(key, "", options.model_fields[known[key]]) or f"write {key}=text",
            )
        if key in values:
            raise BadInputError(f"in spec {text!r}, {key} occurs twice", "remove one of them")
        values[key] = value
    return values


def _limits(key: str, value: str, field: FieldInfo) -> str:
    """Return the hint of an error message: the nearest choice, or the range of the values."""
    if get_origin(field.annotation) is Literal:
        choices = get_args(field.annotation)
        return did_you_mean(
            value, choices, "" if value else f"{key} must be {' or '.join(choices)}"
        )
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    limits = " and ".join(
        f"{word} {field.limits[sign]}" for sign, word in words.items() if sign in field.limits
    )
    return f"{key} must be {limits}" if limits else ""
