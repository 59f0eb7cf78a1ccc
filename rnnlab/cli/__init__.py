"""The command line: one file per verb. The verbs call the same functions as the app.

Importing a verb's module does not import torch or Textual; the verb imports them when it runs.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

from rnnlab.base.errors import EXIT_INTERRUPTED, Terminated
from rnnlab.base.interrupts import Interruptible, end_at_interrupt

_WITHOUT_WORKER = frozenset({"-h", "--help", "--help-all", "--queue"})
"""Options of `train` with which it prints a help, or its worker waits without torch."""

_INTERRUPTED = "interrupted"
"""Message after ctrl-c, as in `rnnlab.base.interrupts`."""


def main() -> None:
    """Run `rnnlab` and exit.

    Exit codes: 0 success, 1 failure while running, 2 invalid input, 130 interrupted,
    143 terminated.
    """
    end_at_interrupt()
    gc.set_threshold(50_000)  # collections during imports take a tenth of a short command's time
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # print `?` for what the encoding lacks
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:  # keep an inherited SIG_IGN
        signal.signal(signal.SIGTERM, _terminate)
    arguments = sys.argv[1:]
    with _warm_worker(arguments):
        sys.exit(run(arguments))


def _terminate(_number: int, _frame: object) -> None:
    raise Terminated


def _warm_worker(arguments: list[str]) -> AbstractContextManager[None]:
    """Have a worker load torch on another core while a command that trains is checked."""
    trains = len(arguments) > 1 and arguments[0] == "train"
    if not trains or _WITHOUT_WORKER.intersection(arguments) or len(os.sched_getaffinity(0)) < 2:
        return nullcontext()
    from rnnlab.runs.launch import warm_worker

    return warm_worker()


def _open_lab() -> int:
    gc.disable()  # the app enables garbage collection again after its slow imports
    from rnnlab.base.errors import RnnlabError
    from rnnlab.tui.open_lab import open_lab

    try:
        return open_lab()
    except RnnlabError as error:
        message, code = str(error), error.exit_code
    except KeyboardInterrupt:  # of a `kill`: in the app, ctrl-c is a key
        message, code = _INTERRUPTED, EXIT_INTERRUPTED
    print(f"rnnlab: {message}", file=sys.stderr)  # noqa: T201
    return code


def run(arguments: list[str], app: typer.Typer | None = None) -> int:
    """Run one command line and return its exit code; print an error as one line to stderr.

    app: the Typer app with the verbs; None for the app of rnnlab.
    """
    if not arguments and app is None and sys.stdin.isatty() and sys.stdout.isatty():
        # Open the app without the parser: importing it would delay the first frame by 50 %.
        from rnnlab.base.preferences import announce_colors

        announce_colors()
        return _open_lab()

    import typer

    from rnnlab.base.errors import (
        EXIT_BAD_INPUT,
        EXIT_FAILED,
        RnnlabError,
        one_line,
    )
    from rnnlab.base.failures import cause_of
    from rnnlab.cli._app import parser
    from rnnlab.cli._usage import usage_error

    try:
        # As `python -m rnnlab`, too, the help and the completion in the shell name `rnnlab`.
        parse = app or parser()
        with Interruptible():
            return int(parse(arguments, prog_name="rnnlab", standalone_mode=False) or 0)
    except typer.TyperException as error:
        message, code = usage_error(error), EXIT_BAD_INPUT
    except RnnlabError as error:
        message, code = str(error), error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        message, code = _INTERRUPTED, EXIT_INTERRUPTED
    except MemoryError:
        message, code = "not enough memory; ask for less at a time", EXIT_FAILED
    except BrokenPipeError:
        # The reader of the output has exited (`rnnlab runs | head`): discard the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except OSError as error:
        message = one_line(f"{error.strerror or error}: {error.filename or 'input or output'}")
        message, code = str(cause_of(error) or message), EXIT_FAILED
    except RuntimeError as error:  # of torch
        cause = cause_of(error, is_training=False)
        if cause is None:
            raise
        message, code = str(cause), EXIT_FAILED
    print(f"rnnlab: {message}", file=sys.stderr)  # noqa: T201
    return code
