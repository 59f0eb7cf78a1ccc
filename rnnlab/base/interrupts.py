"""What ctrl-c does while a command is imported and after its end: it ends the process at once.

A command turns ctrl-c into a message (`rnnlab.cli.run`), but only as long as it runs. Before and
after that, and within the imports of a library, KeyboardInterrupt would show a traceback. This file
imports only what Python itself has loaded: it is the first thing that `rnnlab` runs.
"""

import _signal  # type: ignore[import-not-found]  # `signal` takes milliseconds, without protection
import os

EXIT_INTERRUPTED = 130
"""Exit code after ctrl-c; see `rnnlab.base.errors`."""


def end_at_interrupt() -> None:
    """Have ctrl-c end this process with one line and exit code 130, unless it is ignored."""
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _end)


class Interruptible:
    """A block in which ctrl-c raises KeyboardInterrupt, as Python does by default."""

    def __enter__(self) -> None:
        self._is_outermost = _signal.getsignal(_signal.SIGINT) is _end
        if self._is_outermost:
            _signal.signal(_signal.SIGINT, _signal.default_int_handler)

    def __exit__(self, *_: object) -> None:
        if self._is_outermost:
            _signal.signal(_signal.SIGINT, _end)


def _end(_number: int, _frame: object) -> None:
    os.write(2, b"rnnlab: interrupted\n")
    os._exit(EXIT_INTERRUPTED)
