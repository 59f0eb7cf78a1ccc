"""Decoder specs, `name:key=value,key=value`, the way a decoder is written everywhere."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from rnnlab import registry
from rnnlab.decoding._base import Decoder
from rnnlab.decoding._options import Options
from rnnlab.decoding._values import split_spec, unquoted
from rnnlab.errors import BadInputError, UnknownNameError


@dataclass(frozen=True)
class Spec:
    """A decoder with its options."""

    text: str
    """As the user wrote it."""
    name: str
    decoder: Decoder
    options: Options

    @property
    def chain(self) -> list[str]:
        """What really happens, filter by filter, then the search."""
        return self.options.chain()


def option_names(options: type[Options]) -> dict[str, str]:
    """Return the names that a spec uses, each with the field it sets."""
    return {field.alias or name: name for name, field in options.model_fields.items()}


def parse_spec(text: str) -> Spec:
    """Return what a spec means; raises BadInputError with one line naming what is wrong."""
    name, _, rest = text.strip().partition(":")
    name = name.strip()
    if not name:
        raise BadInputError(f"the decoder spec {text!r} is empty", "write for example beam:k=5")
    if name not in registry.names("decoding"):
        where = f"decoder in spec {text!r}:" if text.strip() != name else "decoder"
        raise UnknownNameError(where, name, registry.names("decoding"))
    decoder: Decoder = registry.load("decoding", name).DECODER
    known = option_names(decoder.options)
    values: dict[str, str] = {}
    if rest.strip():
        for part in split_spec(rest):
            key, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or not key or not value:
                raise BadInputError(
                    f"in spec {text!r}, {part.strip()!r} is no key=value",
                    f"keys of {name}: {', '.join(known)}",
                )
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise BadInputError(
                    f"in spec {text!r}, {name} has no option {key!r}",
                    f"{hint}keys: {', '.join(known)}",
                )
            if key in values:
                raise BadInputError(f"in spec {text!r}, {key} is given twice", "give it once")
            values[key] = unquoted(value)
    try:
        options = decoder.options.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        problem = str(first["msg"]).removeprefix("Input ").removeprefix("Value error, ")
        if not first["loc"]:
            raise BadInputError(f"in spec {text!r}: {problem}") from None
        key = str(first["loc"][0])
        limits = _limits(decoder.options.model_fields[known[key]])
        hint = f"{key} is {limits}" if limits else ""
        raise BadInputError(f"in spec {text!r}, {key}={first['input']}: {problem}", hint) from None
    return Spec(text.strip(), name, decoder, options)


def _limits(field: FieldInfo) -> str:
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    return " and ".join(
        f"{word} {getattr(limit, sign):g}"
        for limit in field.metadata
        for sign, word in words.items()
        if hasattr(limit, sign)
    )
