"""The help lines of verbs, options and decoders, and the rules for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from typer.main import get_command

from rnnlab.base import registry
from rnnlab.cli._app import build_app
from rnnlab.decoding import option_help, option_names
from rnnlab.settings.run_config import RunConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH = 80
_NOT_FIRST = ("how", "what", "where", "whether", "which", "so", "whose", "why", "when")


@cache
def verbs() -> Mapping[str, Any]:
    """Return Typer's command of every verb."""
    commands: Mapping[str, Any] = vars(get_command(build_app()))["commands"]
    return {name: verb.loaded for name, verb in commands.items()}


def listed_lines() -> dict[str, str]:
    """Return the help of every verb as the list of verbs shows it, which imports no verb."""
    commands: Mapping[str, Any] = vars(get_command(build_app()))["commands"]
    return {name: verb.get_short_help_str(WIDTH) for name, verb in commands.items()}


def help_lines() -> dict[str, str]:
    """Return the help of every verb, argument, option and decoder option, by its name."""
    lines: dict[str, str] = {}
    for verb, command in verbs().items():
        lines[f"rnnlab {verb}"] = (command.help or "").partition("\n")[0]
        for parameter in command.params:
            name = parameter.opts[0] if parameter.param_type_name == "option" else parameter.name
            text = getattr(parameter, "help", None) or ""
            setting = RunConfig.model_fields.get(str(parameter.name))
            description = str(setting.description) if setting else ""
            if description and text.startswith(description):  # the default may follow it
                lines[f"setting {name}"] = description
            else:
                lines[f"rnnlab {verb} {name}"] = text
    for decoder in registry.names("decoding"):
        options = registry.load("decoding", decoder).DECODER.options
        for key, field in option_names(options).items():
            described = option_help(options, key, field)
            name = key if described.is_shared else f"{decoder}:{key}"
            lines[f"decoder option {name}"] = described.help
    return lines


def problems(line: str, width: int = WIDTH) -> list[str]:
    """Return the rules that a help line breaks, if it may have `width` columns."""
    broken = []
    if not line:
        broken.append("has no text")
    elif line.split(maxsplit=1)[0].lower().strip(",.") in _NOT_FIRST:
        broken.append(f"begins with {line.split(maxsplit=1)[0]!r}: begin with a verb or a noun")
    if len(line) > width:
        broken.append(f"has {len(line)} columns: at most {width}")
    return broken


@cache
def all_problems() -> dict[str, list[str]]:
    """Return the broken rules of every help line that breaks one.

    The help of a verb has to fit next to its name in the list of verbs, of whose columns click
    leaves 8 empty.
    """
    beside = WIDTH - 8 - max(map(len, verbs()))
    by_name = {
        name: problems(line, beside if name.removeprefix("rnnlab ") in verbs() else WIDTH)
        for name, line in help_lines().items()
    }
    return {name: broken for name, broken in by_name.items() if broken}


def wide_lines(verb: str) -> Iterator[str]:
    """Yield the lines of `rnnlab VERB --help`, printed at 80 columns, that are wider than that."""
    command = verbs()[verb]
    context = command.context_class(
        command, info_name=f"rnnlab {verb}", terminal_width=WIDTH, max_content_width=WIDTH
    )
    context.meta["rnnlab.help-all"] = True  # as with --help-all
    for line in command.get_help(context).splitlines():
        if len(re.sub(r"\x1b\[[\d;]*m", "", line)) > WIDTH:
            yield line
