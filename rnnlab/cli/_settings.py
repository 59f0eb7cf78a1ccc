"""The settings of a run as options of a verb, made from `RunConfig`, and their help in groups."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import typer
from typer.core import TyperCommand

from rnnlab.cli._completion import completion_of_setting
from rnnlab.settings.command_line import as_text, flag_of
from rnnlab.settings.groups import COMMON_GROUPS, groups
from rnnlab.settings.run_config import RunConfig

_HELP_INDENT = 6
"""Indentation of a help line, in columns."""


def _print_whole_help(context: typer.Context, is_given: bool) -> None:
    if is_given:
        context.meta[_IS_WHOLE] = True
        typer.echo(context.get_help())
        raise typer.Exit


_IS_WHOLE = "rnnlab.help-all"
"""Key of a context whose help shows the settings of all groups."""
_HelpAll = Annotated[
    bool,
    typer.Option(
        "--help-all",
        help="Show all settings and exit.",
        is_eager=True,
        callback=_print_whole_help,
    ),
]


class SettingOptions(NamedTuple):
    """The settings that have a value (setting -> value), separated by the source of the value."""

    command_line: dict[str, Any]
    environment: dict[str, Any]

    @property
    def merged(self) -> dict[str, Any]:
        """All values; a value of the command line overrides that of the environment."""
        return {**self.environment, **self.command_line}


def with_settings(*, are_hidden: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that gives a verb one option for every setting but `corpus`.

    The verb needs a keyword argument `settings: SettingOptions`. are_hidden: whether `--help` of
    the verb leaves these options out.
    """

    def decorate(verb: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(verb, eval_str=True)
        own = [p for p in signature.parameters.values() if p.name != "settings"]

        def command(*, context: typer.Context, **arguments: Any) -> Any:
            arguments.pop("help_all", None)
            settings = SettingOptions({}, {})
            for name in _names():
                value = arguments.pop(name, None)
                if value is not None:
                    source = context.get_parameter_source(name)
                    is_written = source is None or source.name != "ENVIRONMENT"
                    (settings.command_line if is_written else settings.environment)[name] = value
            return verb(**arguments, settings=settings)

        keyword = inspect.Parameter.KEYWORD_ONLY
        context = inspect.Parameter("context", keyword, annotation=typer.Context)
        options = [_parameter(name, panel, are_hidden) for name, panel in _names().items()]
        if not are_hidden:
            options.append(
                inspect.Parameter("help_all", keyword, default=False, annotation=_HelpAll)
            )
        parameters = [*own, context, *options]
        command.__doc__ = verb.__doc__
        command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        return command

    return decorate


class GroupedCommand(TyperCommand):
    """A verb whose help shows the options of each `rich_help_panel` under the panel's title.

    An option takes two lines of 80 columns: flag, type and default on the first, the help on the
    second. Settings of uncommon groups are left out unless --help-all is given. A verb without
    panels has Typer's usual help.
    """

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
        return title in ("Arguments", "Options", *COMMON_GROUPS) or _IS_WHOLE in ctx.meta


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
    field = RunConfig.model_fields.get(name)
    if field is None or field.annotation is bool or field.default in (None, ""):
        return ""
    return f"[default: {as_text(field.default)}]"


def _names() -> dict[str, str]:
    """Return setting -> title of its group, in the order of the form."""
    return {
        name: title
        for title, names in groups().items()
        for name in names
        if name in RunConfig.model_fields and name != "corpus"
    }


def _parameter(name: str, panel: str, is_hidden: bool) -> inspect.Parameter:
    """Return the option of one setting, as a parameter of the verb with the default None."""
    field = RunConfig.model_fields[name]
    flag = flag_of(name)
    kind = _plain_type(field.annotation)
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    option = typer.Option(
        f"{flag}/--no{flag[1:]}" if kind is bool else flag,
        help=str(field.description),
        envvar=f"RNNLAB_{name.upper()}",
        show_envvar=False,
        show_default=False,
        metavar="|".join(choices) if choices else None,
        autocompletion=completion_of_setting(name),
        hidden=is_hidden,
        rich_help_panel=None if is_hidden else panel,
    )
    annotation = Annotated[Union[kind, None], option]  # type: ignore[valid-type]  # noqa: UP007
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _plain_type(annotation: Any) -> type:
    """Return the type that Typer parses: int for `int | None`, str for a Literal."""
    if isinstance(annotation, types.UnionType):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    if get_origin(annotation) is Literal:
        return str
    assert isinstance(annotation, type)
    return annotation
