"""Errors of the parser of the command line, in the words of all other errors."""

from __future__ import annotations

from typing import Any

import typer

from rnnlab.base.errors import one_line

_MOST_OPTIONS = 3
"""Maximum number of options that a message suggests for an unknown letter."""


def usage_error(error: typer.TyperException) -> str:
    """Return the message of an error of the parser in one line, with what to write instead."""
    message = one_line(error.format_message())
    if message.startswith("No such command") and "Did you mean" not in message:
        return f"{message} `rnnlab --help` lists the commands."
    if message.startswith("Missing argument 'RUN"):
        return f"{message} `rnnlab runs` lists the runs."
    if message.startswith("No such option: -") and (similar := _options_of(error)):
        return f"{message}; did you mean {' or '.join(similar)}?"
    if message.startswith("Invalid value for "):
        from rnnlab.settings.problems import plain_message

        option, _, problem = message.partition(": ")
        return f"{option}: {plain_message(problem)}"
    return message


def _options_of(error: Any) -> list[str]:
    """Return the options of the verb that begin with an unknown letter, such as `-p`."""
    letter = str(getattr(error, "option_name", ""))
    context = getattr(error, "ctx", None)
    if len(letter) != 2 or context is None:  # the parser itself suggests long options
        return []
    flags = [flag for option in context.command.get_params(context) for flag in option.opts]
    return sorted(flag for flag in flags if flag.startswith(f"-{letter}"))[:_MOST_OPTIONS]
