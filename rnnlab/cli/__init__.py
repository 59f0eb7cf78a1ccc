"""The command line: one file a verb, each a thin caller of what the app calls too.

No verb's module imports torch or Textual; what needs them does so when it runs.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

from rnnlab.base.errors import Terminated


def main() -> None:
    """Run `rnnlab` and exit.

    0: done, 1: it failed while running, 2: bad input, 130: interrupted, 143: terminated.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a letter that the terminal lacks is no error
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:  # inherited as ignored, it stays so
        signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:]))


def _terminate(_number: int, _frame: object) -> None:
    raise Terminated


def _open_lab() -> int:
    gc.disable()  # what is imported stays: the lab collects again once it is there
    from rnnlab.base.errors import RnnlabError
    from rnnlab.tui.app import open_lab

    try:
        return open_lab()
    except RnnlabError as error:
        print(f"rnnlab: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code


def run(arguments: list[str], app: typer.Typer | None = None) -> int:
    """Run one command line and return its exit code; an error is one line on standard error.

    app: the verbs; by default, those of rnnlab.
    """
    if not arguments and app is None and sys.stdin.isatty() and sys.stdout.isatty():
        # The everyday start goes past the parser: it would delay the first frame by half.
        from rnnlab.base.preferences import announce_colors

        announce_colors()
        return _open_lab()

    import typer

    from rnnlab.base.errors import (
        EXIT_BAD_INPUT,
        EXIT_FAILED,
        EXIT_INTERRUPTED,
        RnnlabError,
        one_line,
    )
    from rnnlab.cli._app import build_app

    try:
        return int((app or build_app())(arguments, standalone_mode=False) or 0)
    except typer.TyperException as error:
        message, code = one_line(error.format_message()), EXIT_BAD_INPUT
        if message.startswith("No such command") and "Did you mean" not in message:
            message += " `rnnlab --help` lists them."
    except RnnlabError as error:
        message, code = str(error), error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        message, code = "interrupted", EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (`rnnlab runs | head`): nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except OSError as error:
        message = one_line(f"{error.strerror or error}: {error.filename or 'input or output'}")
        code = EXIT_FAILED
    print(f"rnnlab: {message}", file=sys.stderr)  # noqa: T201
    return code
