"""The settings of a run as options of a verb, made from the fields of `RunConfig`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, Union

import typer

from rnnlab.cli._completion import completion_of_setting
from rnnlab.cli._help import IS_WHOLE
from rnnlab.settings.command_line import flag_of
from rnnlab.settings.fields import setting_fields
from rnnlab.settings.groups import groups


def _print_whole_help(context: typer.Context, is_given: bool) -> None:
    if is_given:
        context.meta[IS_WHOLE] = True
        typer.echo(context.get_help())
        raise typer.Exit


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


def _names() -> dict[str, str]:
    """Return setting -> title of its group, in the order of the form."""
    return {
        name: title
        for title, names in groups().items()
        for name in names
        if name in setting_fields() and name != "corpus"
    }


def _parameter(name: str, panel: str, is_hidden: bool) -> inspect.Parameter:
    """Return the option of one setting, as a parameter of the verb with the default None."""
    field, flag = setting_fields()[name], flag_of(name)
    kind = field.kind
    option = typer.Option(
        f"{flag}/--no{flag[1:]}" if field.is_switch else flag,
        help=field.help,
        envvar=f"RNNLAB_{name.upper()}",
        show_envvar=False,
        show_default=False,
        metavar="|".join(field.choices) or None,
        autocompletion=completion_of_setting(name),
        hidden=is_hidden,
        rich_help_panel=None if is_hidden else panel,
    )
    annotation = Annotated[Union[kind, None], option]  # type: ignore[valid-type]  # noqa: UP007
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )
