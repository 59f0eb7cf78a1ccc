"""The options of a decoder as text, for the command line and for forms."""

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
    """Key of the option in a spec."""
    default: Any
    help: str
    is_shared: bool
    """Whether every decoder has the option, with this default."""
    choices: tuple[str, ...]
    """Possible values, if the option is a choice; empty for other types."""

    @property
    def shown_default(self) -> str:
        """The default, formatted as in a spec."""
        if isinstance(self.default, float):
            return format(self.default, "g")
        return str(self.default)


def option_help(options: type[Options], name: str, field: str) -> OptionHelp:
    """Return the help of a field of a decoder's options. name: key of the field in a spec."""
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
    """Return a decoder's options, first its own, then the shared ones; raises UnknownNameError."""
    decoder: Decoder = registry.load("decoding", name).DECODER
    described = [
        option_help(decoder.options, key, field)
        for key, field in option_names(decoder.options).items()
    ]
    return sorted(described, key=lambda option: option.is_shared)


def make_spec(name: str, values: Mapping[str, str]) -> str:
    """Return the spec of a decoder with these options; empty values are omitted.

    values: plain texts, without quotes. Raises BadInputError if a value is invalid.
    """
    written = ",".join(f"{key}={quoted(value)}" for key, value in values.items() if value)
    return parse_spec(f"{name}:{written}" if written else name).text


def spec_values(text: str) -> tuple[str, dict[str, str]]:
    """Return the name of a spec's decoder and its options as plain texts, without quotes.

    Raises BadInputError if the spec is invalid.
    """
    spec = parse_spec(text)
    return spec.name, written_values(spec)
