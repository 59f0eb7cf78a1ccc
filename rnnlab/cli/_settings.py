"""The settings of a run as options of a verb, made from `RunConfig`: no list is kept twice."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer

from rnnlab.settings.run_config import RunConfig


def with_settings(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb one option for every setting; it gets those that were given as `settings`.

    The verb must have a keyword argument `settings: dict`.
    """
    signature = inspect.signature(verb, eval_str=True)
    own = [p for p in signature.parameters.values() if p.name != "settings"]

    def command(**arguments: Any) -> Any:
        given = {
            name: arguments.pop(name)
            for name in RunConfig.model_fields
            if name != "corpus" and name in arguments
        }
        settings = {name: value for name, value in given.items() if value is not None}
        return verb(**arguments, settings=settings)

    parameters = [*own, *_parameters()]
    command.__doc__ = verb.__doc__
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _parameters() -> list[inspect.Parameter]:
    return [_parameter(name) for name in RunConfig.model_fields if name != "corpus"]


def _parameter(name: str) -> inspect.Parameter:
    """Return the option of one setting; None means that it was not given."""
    field = RunConfig.model_fields[name]
    flag = "--" + name.replace("_", "-")
    kind = _plain_type(field.annotation)
    help_line = str(field.description)
    if field.default not in (None, "") and kind is not bool:
        help_line += f" [{field.default}]"
    names = [f"{flag}/--no{flag[1:]}"] if kind is bool else [flag]
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    option = typer.Option(
        *names,
        help=help_line,
        envvar=f"RNNLAB_{name.upper()}",
        show_envvar=False,
        show_default=False,
        metavar="|".join(choices) if choices else None,
    )
    annotation = Annotated[Union[kind, None], option]  # type: ignore[valid-type]  # noqa: UP007
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _plain_type(annotation: Any) -> type:
    """Return the type that a command line reads: int of `int | None`, str of a Literal."""
    if isinstance(annotation, types.UnionType):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    if get_origin(annotation) is Literal:
        return str
    assert isinstance(annotation, type)
    return annotation
