"""Values of the command line are converted as Typer would, with or without pydantic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import pytest
import typer
from typer.main import get_command

from rnnlab.cli._coercion import without_pydantic


def verb(
    text: str,
    texts: list[str],
    number: Annotated[Optional[int], typer.Option(min=1, max=9)] = None,  # noqa: UP045
    rate: Annotated[float, typer.Option(min=0.01)] = 0.25,
    free: Optional[float] = None,  # noqa: UP045
    path: Optional[Path] = None,  # noqa: UP045
    existing: Annotated[Optional[Path], typer.Option(exists=True)] = None,  # noqa: UP045
    clamped: Annotated[int, typer.Option(max=9, clamp=True)] = 1,
    parsed: Annotated[str, typer.Option(parser=str.upper)] = "",
    split: Literal["train", "val"] = "val",
    switch: Optional[bool] = None,  # noqa: UP045
    many: Optional[list[str]] = None,  # noqa: UP045
) -> None:
    pass


VALUES: dict[str, list[Any]] = {
    "text": ["", "abc", "5", "été", "\udce9", None],
    "texts": [("a", "b"), ("a", "\udce9"), (), None, "a"],
    "number": ["1", "9", "0", "10", "-1", "+1", "01", "1.0", "1.5", "1_0", " 1 ", "x", "", 3, None],
    "rate": ["1", "0.01", "1e-2", "1E2", "0", "-1", "1.", ".5", "inf", "nan", "x", "1e999", 0.25],
    "free": ["-1.5e-3", "0.1", "123456789012345.25", "NaN", "-", "1 000", "\u0661", None],
    "path": ["here", ".", "nowhere", "", "a\0b", "\udce9", None],
    "existing": [".", "nowhere", None],
    "clamped": ["5", "10", 1],
    "parsed": ["abc", ""],
    "split": ["val", "VAL", "test", "", None],
    "switch": [True, False, "yes", "maybe", None],
    "many": [("a",), ("a", "b"), None],
}


def parameters() -> dict[str, Any]:
    app = typer.Typer(add_completion=False)
    app.command()(verb)
    return {parameter.name: parameter for parameter in vars(get_command(app))["params"]}


def outcome(parameter: Any, value: Any) -> tuple[type, str]:
    """Return the type and the text of a converted value, or of the error."""
    command = get_command(typer.Typer(callback=lambda: None))
    try:
        converted = parameter.process_value(vars(typer)["Context"](command), value)
    except typer.TyperException as error:
        return type(error), error.format_message()
    return type(converted), repr(converted)


@pytest.mark.parametrize("name", VALUES)
def test_every_value_is_converted_or_refused_as_by_typer(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").touch()
    slow, quick = parameters()[name], parameters()[name]
    assert without_pydantic([quick]) == [quick]
    for value in VALUES[name]:
        assert outcome(quick, value) == outcome(slow, value), value


def test_a_parameter_is_prepared_only_once() -> None:
    (parameter,) = without_pydantic(without_pydantic([parameters()["text"]]))
    assert outcome(parameter, "abc") == (str, "'abc'")
