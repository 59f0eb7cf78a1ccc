"""Pings are answered in a thread; all other lines are passed on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import NoReturn

from rnnlab.worker._pings import without_pings
from tests.toys.lab import Lab


def test_a_ping_is_answered_before_the_lines_are_read() -> None:
    answered: list[int] = []
    sent = threading.Event()

    def lines() -> Iterator[str]:
        yield "first\n"
        yield '{"ping": 3}\n'
        sent.wait(60)
        yield "last\n"

    others = without_pings(lines(), answered.append)
    assert next(others) == "first\n"
    Lab.until(lambda: answered == [3], "the ping is answered")
    sent.set()
    assert list(others) == ["last\n"]


def test_without_a_reader_of_the_answers_the_lines_end() -> None:
    """Otherwise the process of a lab that was killed would wait for ever."""

    def broken(_number: int) -> NoReturn:
        raise BrokenPipeError

    others: list[str] = []

    def read() -> None:
        others.extend(without_pings(["first\n", '{"ping": 3}\n'], broken))

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    Lab.until(lambda: not reading.is_alive(), "the lines end")
    assert others == ["first\n"]
