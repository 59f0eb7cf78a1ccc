"""A program in a real pseudo-terminal: keys in, the screen that a user would see out."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pyte
import pytest

from tests.toys.lab import DEADLINE_S, Lab

ENTER, ESCAPE, TAB, F8 = "\r", "\x1b", "\t", "\x1b[19~"
CLEAR, START = "\x15", "\x12"  # ctrl+u, ctrl+r


class Terminal:
    """`rnnlab` with some arguments in a terminal of 120 columns and 40 rows."""

    def __init__(
        self,
        lab: Lab,
        *arguments: str,
        ignored: Sequence[signal.Signals] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._screen = pyte.Screen(120, 40)
        self._stream = pyte.ByteStream(self._screen)
        self._end, theirs = pty.openpty()
        self._was_raw = False
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.process = lab.start(
            *arguments,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment or lab.environment,
            preexec_fn=partial(_own_the_terminal, ignored),
        )
        os.close(theirs)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self._screen.display)

    @property
    def is_raw(self) -> bool:
        """Whether keys go to the program one by one; after its end, how it left the terminal."""
        if self._end < 0:
            return self._was_raw
        return not termios.tcgetattr(self._end)[3] & termios.ICANON

    def press(self, *keys: str) -> None:
        """Press keys, or write a text."""
        for key in keys:
            os.write(self._end, key.encode())

    def until(self, *texts: str) -> None:
        """Read until all of these stand on the screen at once; fail when they do not in time."""

        def are_shown() -> bool:
            shown = self.text
            return all(text in shown for text in texts)

        self._wait(are_shown, f"{texts} on the screen")

    def until_gone(self, text: str) -> None:
        """Read until a text stands nowhere on the screen."""
        self._wait(lambda: text not in self.text, f"no {text!r} on the screen")

    def until_changed(self, text: str) -> None:
        """Read until the screen is another than it was."""
        self._wait(lambda: self.text != text, "something new on the screen")

    def until_ended(self) -> int:
        """Read until the program has ended; return its exit code."""
        self._wait(lambda: self.process.poll() is not None, "the end of the program")
        self._read()  # its last words
        self._was_raw = self.is_raw
        os.close(self._end)
        self._end = -1
        return self.process.wait()

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            self._read()
            if time.monotonic() > deadline:
                pytest.fail(f"waited in vain for {what}:\n{self.text}", pytrace=False)

    def _read(self) -> None:
        """Read what is there, in at most 16 pieces: to look at the screen takes milliseconds."""
        for wait_s in (0.1, *[0.0] * 15):
            if not select.select([self._end], [], [], wait_s)[0]:
                return
            try:
                self._stream.feed(os.read(self._end, 1 << 16))
            except OSError:
                time.sleep(0.05)  # the other end is closed: the program is about to end
                return


def _own_the_terminal(ignored: Sequence[signal.Signals]) -> None:
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
