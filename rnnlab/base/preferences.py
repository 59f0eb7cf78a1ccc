"""The user's preferences: a small TOML file, overridden by environment variables and options.

Imports only the standard library, because the app reads the file before its first frame.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import real_path, replace_text
from rnnlab.base.names import did_you_mean
from rnnlab.base.parsing import parse_toml
from rnnlab.base.regular_files import read_text


def _one_of(*choices: str, help: str) -> Any:  # noqa: A002
    return field(default=choices[0], metadata={"help": help, "choices": choices})


def _number(default: float, low: float, high: float, help: str) -> Any:  # noqa: A002
    return field(default=default, metadata={"help": help, "low": low, "high": high})


def _text(help: str) -> Any:  # noqa: A002
    return field(default="", metadata={"help": help, "is_text": True})


@dataclass(frozen=True)
class Preferences:
    """Preferences about appearance, terminal, queue and alerts, with their help lines."""

    theme: str = _one_of(
        "auto", "dark", "light", "high-contrast",
        help="Theme of the lab; auto follows the background that the terminal reports.",
    )  # fmt: skip
    series: str = _one_of(
        "colour-blind", "vivid",
        help="Colours of the runs: safe for colour blindness, or more saturated.",
    )  # fmt: skip
    glyphs: str = _one_of(
        "auto", "braille", "blocks", "ascii",
        help="Characters of charts; ascii restricts the whole lab to ASCII.",
    )  # fmt: skip
    colors: str = _one_of(
        "auto", "truecolor", "256", "16", "none",
        help="Colours that the terminal supports; takes effect at the next start.",
    )  # fmt: skip
    refresh_s: float = _number(0.5, 0.1, 60.0, "Seconds between two refreshes of the runs.")
    slots: int = _number(2, 1, 64, "Maximum number of queued runs that train at once per device.")
    alerts: str = _one_of(
        "bell", "osc9", "osc777", "none",
        help="Alert of the terminal if a run ends, fails, diverges or reaches its target.",
    )  # fmt: skip
    notify: str = _text(
        "Shell command that the worker runs for the same events; it reads $RNNLAB_MESSAGE."
    )


def known() -> tuple[Field[Any], ...]:
    """Return the fields of all preferences."""
    return fields(Preferences)


def preferences_file() -> Path:
    """Return the file of preferences: RNNLAB_CONFIG, else XDG_CONFIG_HOME/rnnlab/config.toml.

    XDG_CONFIG_HOME defaults to ~/.config. Raise BadInputError if there is no home folder for `~`.
    """
    chosen = os.environ.get("RNNLAB_CONFIG")
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    file = Path(chosen) if chosen else Path(base) / "rnnlab" / "config.toml"
    try:
        return file.expanduser()
    except RuntimeError:
        raise BadInputError(
            f"there is no home folder for {file}", "set RNNLAB_CONFIG to a file"
        ) from None


def load_preferences(file: Path | None = None) -> Preferences:
    """Return the preferences from the file and the environment; all others have their defaults.

    A missing file counts as empty, and so does a file in a folder that this user may not open, such
    as another user's home. Raise BadInputError with file and key if a value is invalid.
    """
    values: dict[str, Any] = {}
    try:
        file = file or preferences_file()
    except BadInputError:
        return Preferences(**_from_environment(os.environ))  # no home folder, so no file
    try:
        values = parse_toml(read_text(file))
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        if isinstance(error, PermissionError) and not os.access(file.parent, os.X_OK):
            return Preferences(**_from_environment(os.environ))
        raise BadInputError(f"cannot read {file}: {error.strerror or error}") from None
    except ValueError as error:
        raise BadInputError(f"{file} is not a TOML file: {error}") from None
    names = [spec.name for spec in known()]
    for name in values:
        if name not in names:
            hint = did_you_mean(name, names, f"known: {', '.join(names)}")
            raise BadInputError(f"{file}: unknown preference {name!r}", hint)
    from_file = {name: _checked(name, value, str(file)) for name, value in values.items()}
    return Preferences(**{**from_file, **_from_environment(os.environ)})


def with_value(preferences: Preferences, name: str, value: Any) -> Preferences:
    """Return a copy of the preferences with one value changed."""
    return replace(preferences, **{name: value})


def checked(name: str, value: object) -> Any:
    """Return a preference's value, converted to its type; raise BadInputError if it is invalid."""
    return _checked(name, value, "")


def save_preference(name: str, value: object, file: Path | None = None) -> Path:
    """Write one preference into the file, without changing comments and other lines.

    Return the file. Raise BadInputError if the value or the file is invalid, RnnlabError if the
    file cannot be written.
    """
    file = file or preferences_file()
    value = checked(name, value)
    try:
        text = read_text(file) if file.exists() else _HEADING
        file.parent.mkdir(parents=True, exist_ok=True)
        changed = _with(text, name, value)
        if parse_toml(changed).get(name) != value:  # the new line landed inside a TOML table
            raise BadInputError(f"{file}: {name} cannot be changed automatically", "edit the file")
        replace_text(real_path(file), changed, durable=True)
    except OSError as error:
        raise RnnlabError(f"cannot write {file}: {error.strerror or error}") from None
    except ValueError as error:
        raise BadInputError(f"{file} is not a TOML file: {error}") from None
    return file


def announce_colors() -> None:
    """Set Textual's environment variables for colours, which Textual reads when it is imported.

    Ignore an invalid file of preferences: `load_preferences` raises its error later.
    """
    try:
        colors = load_preferences().colors
    except RnnlabError:
        return
    if colors == "none":
        os.environ["NO_COLOR"] = "1"
    elif colors != "auto":
        os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", {"16": "standard"}.get(colors, colors))


_VALUE = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^#\n]*?)"""
"""Pattern of a TOML value on one line; a string may contain #."""
_HEADING = "# Preferences of rnnlab, written by the lab's settings screen; you may edit them.\n"


def _with(text: str, name: str, value: object) -> str:
    """Return a TOML text with a new value of one key; a missing key is appended below its help."""
    # A JSON string is also a string of TOML, except that TOML escapes the delete character.
    written = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    line = f"{name} = {written}" if isinstance(value, str) else f"{name} = {value}"
    changed, count = re.subn(
        rf"^[ \t]*[\"']?{name}[\"']?[ \t]*=[ \t]*{_VALUE}[ \t]*(#.*)?$",
        lambda old: f"{line}  {old[1]}" if old[1] else line,
        text,
        count=1,
        flags=re.MULTILINE,
    )
    if count:
        return changed
    help_line = next(spec.metadata["help"] for spec in known() if spec.name == name)
    return f"{text.rstrip()}\n\n# {help_line}\n{line}\n"


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        spec.name: _checked(spec.name, environment[variable], variable)
        for spec in known()
        if environment.get(variable := f"RNNLAB_{spec.name.upper()}")
    }


def _checked(name: str, value: object, where: str) -> Any:
    spec = next(spec for spec in known() if spec.name == name)
    place = f"{where}: " if where else ""
    choices = spec.metadata.get("choices")
    if spec.metadata.get("is_text"):
        if not isinstance(value, str) or not value.isprintable():
            raise BadInputError(f"{place}{name} = {value!r}", "write a text on one line")
        return value.strip()
    if choices is not None:
        if value not in choices:
            raise BadInputError(f"{place}{name} = {value!r}", f"choose one of {', '.join(choices)}")
        return value
    is_whole = isinstance(spec.default, int)
    low, high = spec.metadata["low"], spec.metadata["high"]
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError
        number = int(value) if is_whole else float(value)
        if not (low <= number <= high and number == float(value)):
            raise ValueError
    except (ValueError, OverflowError):  # int(inf) raises OverflowError
        kind = "an integer" if is_whole else "a number"
        hint = f"choose {kind} from {low:g} to {high:g}"
        raise BadInputError(f"{place}{name} = {value!r}", hint) from None
    return number
