"""The verbs as commands of Typer: the module of a verb is imported when the verb is used."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from rnnlab.base import registry
from rnnlab.cli._coercion import without_pydantic


class Verb(TyperCommand):
    """A verb that is known by its name and the summary of its file until it is used.

    The list of verbs, their completion and the suggestions for a wrong name need no more.
    """

    name: str

    @cached_property
    def loaded(self) -> Any:
        """The command with its options, made from the function `command` of the verb's module."""
        from rnnlab.cli._help import GroupedCommand

        alone = typer.Typer(rich_markup_mode=None, add_completion=False)
        alone.command(self.name, cls=GroupedCommand)(registry.load("cli", self.name).command)
        return get_command(alone)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the summary, shortened to `limit` columns."""
        self.help = registry.summary("cli", self.name)
        return super().get_short_help_str(limit)

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Return the context of the loaded command, which runs in place of this one."""
        return self.loaded.make_context(info_name, args, parent, **extra)


class Verbs(TyperGroup):
    """The command `rnnlab`; every public file of this folder is a verb."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name in registry.names("cli"):
            self.add_command(Verb(name))

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options, which convert their values quickly."""
        return without_pydantic(super().get_params(ctx))
