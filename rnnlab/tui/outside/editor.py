"""The user's editor: `$VISUAL`, or else `$EDITOR`, opened on a text."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from rnnlab.base.cells import shortened
from rnnlab.base.errors import BadInputError

_WIDTH = 60
"""Maximum number of characters of the command that an error quotes."""


def edit_in_terminal(app: App[Any], text: str) -> str:
    """Suspend the app, open the editor on a text, and return the edited text.

    The app does not draw until the editor has ended. Raises BadInputError.
    """
    command = editor_command(os.environ)  # before the screen changes
    result: str | BadInputError = text
    try:
        with app.suspend():
            # No error may leave this block: the app would stay suspended.
            try:
                result = edited(command, text)
            except BadInputError as error:
                result = error
    except SuspendNotSupported:
        raise BadInputError("no editor can be opened here", "write in the field") from None
    if isinstance(result, BadInputError):
        raise result
    return result


def editor_command(environ: Mapping[str, str]) -> list[str]:
    """Return the editor's command and arguments; raise BadInputError if none is set."""
    line = environ.get("VISUAL", "").strip() or environ.get("EDITOR", "").strip()
    if not line:
        raise BadInputError("no editor is set", "set EDITOR, for example: export EDITOR=nano")
    try:
        return shlex.split(line)
    except ValueError as error:
        short = shortened(line, _WIDTH)
        raise BadInputError(
            f"the editor {short!r} is not a command: {error}", "set EDITOR"
        ) from None


def edited(command: list[str], text: str) -> str:
    """Return a text after an editor has changed it, without the newline that editors append.

    Raises BadInputError if the editor fails, or if its file cannot be written or read.
    """
    name = shortened(Path(command[0]).name, _WIDTH)
    try:
        with tempfile.TemporaryDirectory(prefix="rnnlab-") as folder:  # of mode 0700
            file = Path(folder, "prompt.txt")
            file.write_bytes(f"{text}\n".encode())
            with _interrupts_for_the_editor():
                code = subprocess.run([*command, str(file)], check=False).returncode
            if code:
                raise BadInputError(
                    f"the editor {name!r} ended with code {code}", "the text is unchanged"
                )
            result = file.read_bytes().decode()
    except UnicodeError:
        raise BadInputError(f"the text from {name!r} is not UTF-8", "save it as UTF-8") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInputError(
            f"cannot open the editor {name!r}: {reason}", "set EDITOR to an editor's command"
        ) from None
    return result.replace("\r\n", "\n").removesuffix("\n")


@contextmanager
def _interrupts_for_the_editor() -> Iterator[None]:
    """Ignore ctrl+c meanwhile: it is meant for the editor, which shares the terminal.

    A handler, not SIG_IGN: the editor would inherit that.
    """
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
