"""The options of a decoder as people read and write them: for the command line and for forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args, get_origin

from rnnlab.base import registry
from rnnlab.decoding._base import Decoder
from rnnlab.decoding._options import Options
from rnnlab.decoding._spec import option_names, parse_spec, written_values
from rnnlab.decoding._values import quoted


class OptionHelp(NamedTuple):
    """One option of a decoder."""

    name: str
    """As a spec writes it."""
    default: Any
    help: str
    is_shared: bool
    """Whether every decoder has it, with this default."""
    choices: tuple[str, ...]
    """What it can be, where that is a few words."""

    @property
    def shown_default(self) -> str:
        """The default as a spec writes it."""
        if isinstance(self.default, float):
            return format(self.default, "g")
        return str(self.default)


def option_help(options: type[Options], name: str, field: str) -> OptionHelp:
    """Return the help of one field of some options."""
    info, shared = options.model_fields[field], Options.model_fields.get(field)
    is_choice = get_origin(info.annotation) is Literal
    return OptionHelp(
        name,
        info.default,
        str(info.description),
        shared is not None and shared.default == info.default,
        tuple(map(str, get_args(info.annotation))) if is_choice else (),
    )


def options_of(name: str) -> list[OptionHelp]:
    """Return the options of a decoder, its own ones first; raises UnknownNameError."""
    decoder: Decoder = registry.load("decoding", name).DECODER
    found = [
        option_help(decoder.options, key, field)
        for key, field in option_names(decoder.options).items()
    ]
    return sorted(found, key=lambda option: option.is_shared)


def make_spec(name: str, values: Mapping[str, str]) -> str:
    """Return the spec of a decoder with these options, those that are empty left out.

    values: texts as they are meant, without quotes. Raises BadInputError where they are refused.
    """
    written = ",".join(f"{key}={quoted(value)}" for key, value in values.items() if value)
    return parse_spec(f"{name}:{written}" if written else name).text


def spec_values(text: str) -> tuple[str, dict[str, str]]:
    """Return the decoder of a spec and its options as they are meant, without quotes.

    Raises BadInputError where it is none.
    """
    spec = parse_spec(text)
    return spec.name, written_values(spec)
