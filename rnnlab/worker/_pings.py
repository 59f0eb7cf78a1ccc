"""Answer pings in a thread, so that a process that computes for long shows that it lives."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator

from rnnlab.base.parsing import parse_json


def without_pings(lines: Iterable[str], answer: Callable[[int], object]) -> Iterator[str]:
    """Yield all lines but the pings, which a thread answers as soon as they come.

    answer: called in that thread with the number of a ping. If it raises BrokenPipeError, the lines
    end there.
    """
    waiting: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        try:
            with contextlib.suppress(BrokenPipeError):  # nobody reads the answers any more
                for line in lines:
                    number = _ping_of(line)
                    if number is None:
                        waiting.put(line)
                    else:
                        answer(number)
        finally:
            waiting.put(None)

    threading.Thread(target=read, name="pings", daemon=True).start()
    while (line := waiting.get()) is not None:
        yield line


def _ping_of(line: str) -> int | None:
    """Return the number of a ping; None for another line."""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return int(parse_json(line)["ping"])
    return None
