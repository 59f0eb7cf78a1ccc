"""What a user likes: one small TOML file, over it the environment, over that the command line.

Standard library only: the app reads it before its first frame.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.base.names import did_you_mean


def _one_of(*choices: str, help: str) -> Any:  # noqa: A002
    return field(default=choices[0], metadata={"help": help, "choices": choices})


def _number(default: float, low: float, high: float, help: str) -> Any:  # noqa: A002
    return field(default=default, metadata={"help": help, "low": low, "high": high})


@dataclass(frozen=True)
class Preferences:
    """Everything that is a matter of taste or of the terminal, with its help line."""

    theme: str = _one_of(
        "auto", "dark", "light", "high-contrast",
        help="Colours of the lab; auto follows what the terminal says of its background.",
    )  # fmt: skip
    series: str = _one_of(
        "colour-blind", "vivid",
        help="Colours of the runs: told apart in every kind of colour blindness, or stronger.",
    )  # fmt: skip
    glyphs: str = _one_of(
        "auto", "braille", "blocks", "ascii",
        help="What charts are drawn with; ascii keeps the whole lab to ASCII.",
    )  # fmt: skip
    colors: str = _one_of(
        "auto", "truecolor", "256", "16", "none",
        help="Colours that the terminal has; from the next start on.",
    )  # fmt: skip
    refresh_s: float = _number(0.5, 0.1, 60.0, "Seconds between two looks at the runs.")
    slots: int = _number(2, 1, 64, "Runs of the queue that train at once on a device.")


def known() -> tuple[Field[Any], ...]:
    """Return every preference in order."""
    return fields(Preferences)


def preferences_file() -> Path:
    """Return the file: RNNLAB_CONFIG, or rnnlab/config.toml below XDG_CONFIG_HOME (~/.config).

    Raises BadInputError where that needs a home folder and there is none.
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
    """Return what the file and the environment say; a missing file says nothing.

    A folder that is not the user's, as a home of /dev/null or of another user, has no file.
    Raises BadInputError naming file and key.
    """
    values: dict[str, Any] = {}
    try:
        file = file or preferences_file()
    except BadInputError:
        return Preferences(**_from_environment(os.environ))  # no home: nothing was ever kept
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        if isinstance(error, PermissionError) and not os.access(file.parent, os.X_OK):
            return Preferences(**_from_environment(os.environ))
        raise BadInputError(f"cannot read {file}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(f"{file} is no TOML file: {error}") from None
    names = [one.name for one in known()]
    for name in values:
        if name not in names:
            hint = did_you_mean(name, names, f"known: {', '.join(names)}")
            raise BadInputError(f"{file}: unknown preference {name!r}", hint)
    found = {name: _checked(name, value, str(file)) for name, value in values.items()}
    return Preferences(**{**found, **_from_environment(os.environ)})


def with_value(preferences: Preferences, name: str, value: Any) -> Preferences:
    """Return preferences with one of them changed."""
    return replace(preferences, **{name: value})


def checked(name: str, value: object) -> Any:
    """Return the value of a preference in its type; raises BadInputError."""
    return _checked(name, value, "")


def save_preference(name: str, value: object, file: Path | None = None) -> Path:
    """Write one preference into the file; its comments and all other lines stay as they are.

    Returns the file. Raises BadInputError, or RnnlabError where it cannot be written.
    """
    file = file or preferences_file()
    value = checked(name, value)
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else _HEADING
        file.parent.mkdir(parents=True, exist_ok=True)
        changed = _with(text, name, value)
        if tomllib.loads(changed).get(name) != value:  # it went into a table of TOML
            raise BadInputError(f"{file}: {name} cannot be written", "write it by hand")
        replace_text(file.resolve(), changed)
    except OSError as error:
        raise RnnlabError(f"cannot write {file}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInputError(f"{file} is no TOML file: {error}") from None
    return file


def announce_colors() -> None:
    """Tell Textual what colours there are; it listens only while it is imported.

    A file that cannot be read says nothing here: whoever loads the preferences says so.
    """
    try:
        colors = load_preferences().colors
    except RnnlabError:
        return
    if colors == "none":
        os.environ["NO_COLOR"] = "1"
    elif colors != "auto":
        os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", {"16": "standard"}.get(colors, colors))


_HEADING = "# Preferences of rnnlab; the settings screen of the lab writes them, and so may you.\n"


def _with(text: str, name: str, value: object) -> str:
    """Return a TOML text with one key set, in its place or at the end with its help line."""
    line = f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}"
    changed, count = re.subn(
        rf"^[ \t]*[\"']?{name}[\"']?[ \t]*=[^#\n]*(#.*)?$",
        lambda old: f"{line}  {old[1]}" if old[1] else line,
        text,
        count=1,
        flags=re.MULTILINE,
    )
    if count:
        return changed
    help_line = next(one.metadata["help"] for one in known() if one.name == name)
    return f"{text.rstrip()}\n\n# {help_line}\n{line}\n"


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        one.name: _checked(one.name, environment[variable], variable)
        for one in known()
        if environment.get(variable := f"RNNLAB_{one.name.upper()}")
    }


def _checked(name: str, value: object, where: str) -> Any:
    one = next(one for one in known() if one.name == name)
    at = f"{where}: " if where else ""
    choices = one.metadata.get("choices")
    if choices is not None:
        if value not in choices:
            raise BadInputError(f"{at}{name} = {value!r}", f"one of {', '.join(choices)}")
        return value
    is_whole = isinstance(one.default, int)
    low, high = one.metadata["low"], one.metadata["high"]
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError
        number = int(value) if is_whole else float(value)
        if not (low <= number <= high and number == float(value)):
            raise ValueError
    except (ValueError, OverflowError):  # int() of an infinity overflows
        what = "a whole number" if is_whole else "a number"
        raise BadInputError(f"{at}{name} = {value!r}", f"{what} from {low:g} to {high:g}") from None
    return number
