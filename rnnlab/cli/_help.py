"""The help of a verb, with its options in groups."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from rnnlab.cli._coercion import without_pydantic
from rnnlab.settings.command_line import as_text
from rnnlab.settings.fields import setting_fields
from rnnlab.settings.groups import COMMON_GROUPS

IS_WHOLE = "rnnlab.help-all"
"""Key of a context whose help shows the settings of all groups."""
_HELP_INDENT = 6
"""Indentation of a help line, in columns."""


class GroupedCommand(TyperCommand):
    """A verb whose help shows the options of each `rich_help_panel` under the panel's title.

    An option takes two lines of 80 columns: flag, type and default on the first, the help on the
    second. Settings of uncommon groups are left out unless --help-all is given. A verb without
    panels has Typer's usual help.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Return arguments and options, which convert their values quickly."""
        return without_pydantic(super().get_params(ctx))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and the options of this verb, with titles."""
        sections: dict[str, list[Any]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            is_argument = parameter.param_type_name == "argument"
            panel = getattr(parameter, "rich_help_panel", None)
            title = "Arguments" if is_argument else panel or "Options"
            sections.setdefault(title, []).append(parameter)
        if len(sections) == 2:
            super().format_options(ctx, formatter)
            return
        num_more = 0
        for title, parameters in sections.items():
            if not self._is_shown(title, ctx):
                num_more += len(parameters)
                continue
            records = [(p, p.get_help_record(ctx)) for p in parameters]
            shown = [(p, record) for p, record in records if record is not None]
            if shown:
                with formatter.section(title):
                    for parameter, (flag, text) in shown:
                        _write_option(formatter, parameter, flag, text)
        if num_more:
            formatter.write(f"\n{num_more} more settings: {ctx.command_path} --help-all\n")

    def _is_shown(self, title: str, ctx: Any) -> bool:
        return title in ("Arguments", "Options", *COMMON_GROUPS) or IS_WHOLE in ctx.meta


def _write_option(formatter: Any, parameter: Any, flag: str, text: str) -> None:
    """Write two lines: the flag with default or environment variable, and the help."""
    help_line = parameter.help or ""
    extra = text.removeprefix(help_line).strip()
    if parameter.param_type_name == "option":
        extra = extra or _default_of(parameter.name)
    formatter.write(f"{'':{formatter.current_indent}}{flag}  {extra}".rstrip() + "\n")
    formatter.current_indent += _HELP_INDENT - 2
    formatter.write_text(help_line)
    formatter.current_indent -= _HELP_INDENT - 2


def _default_of(name: str) -> str:
    field = setting_fields().get(name)
    if field is None or field.is_switch or field.default in (None, ""):
        return ""
    return f"[default: {as_text(field.default)}]"
