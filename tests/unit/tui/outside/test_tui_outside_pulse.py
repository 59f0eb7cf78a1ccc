"""When a process that does not answer counts as hung, and when it only computes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from rnnlab.tui.outside.estimator import Estimate, Estimator
from rnnlab.tui.outside.pulse import DEFAULT_LIMITS, Pulse, PulseLimits
from rnnlab.tui.outside.subprocesses import LineProcess, ProcessExit

QUICK = PulseLimits(ping_s=0.01)
STOPPING = """
import os, signal, sys
for line in sys.stdin:
    print(line, flush=True)
    if "ping" not in line:
        os.kill(os.getpid(), signal.SIGSTOP)
"""
"""Answers pings until it is asked a question, which stops it."""


@pytest.fixture
def idle() -> Iterator[int]:
    """A process that does nothing."""
    with subprocess.Popen([sys.executable, "-Sc", "input()"], stdin=subprocess.PIPE) as process:
        os.kill(process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        yield process.pid
        process.kill()


def num_until_hung(pulse: Pulse, pid: int) -> int:
    return next(number for number in range(1000) if pulse.is_hung(pid))


def test_an_idle_process_is_hung_after_some_unanswered_pings(idle: int) -> None:
    pulse = Pulse()
    pulse.heard()
    assert num_until_hung(pulse, idle) == DEFAULT_LIMITS.most_missed
    pulse.heard()
    assert num_until_hung(pulse, idle) == DEFAULT_LIMITS.most_missed, "an answer begins the count"
    pulse.rest()
    pulse.hurry()
    assert num_until_hung(pulse, idle) == DEFAULT_LIMITS.most_missed_urgent
    pulse.heard()
    assert num_until_hung(pulse, idle) == DEFAULT_LIMITS.most_missed, "the hurry is over"


def test_a_process_that_has_not_said_anything_yet_may_take_long_to_start(idle: int) -> None:
    assert num_until_hung(Pulse(), idle) == DEFAULT_LIMITS.most_missed_busy


def test_a_process_that_computes_without_an_answer_is_not_hung_for_long() -> None:
    """As in the import of torch, which may keep all threads from running."""
    pulse = Pulse(PulseLimits(most_missed=1, most_missed_busy=4))
    pulse.heard()

    def compute() -> None:
        enough = time.process_time() + 0.03  # more than the resolution of the kernel's count
        while time.process_time() < enough:
            pass

    for _ in range(4):
        assert not pulse.is_hung(os.getpid())
        compute()
    assert pulse.is_hung(os.getpid())


def test_a_process_that_is_gone_is_not_busy(idle: int) -> None:
    pulse = Pulse()
    pulse.heard()
    os.kill(idle, signal.SIGKILL)
    os.waitid(os.P_PID, idle, os.WEXITED)
    assert num_until_hung(pulse, idle) == DEFAULT_LIMITS.most_missed


async def test_a_stopped_process_is_killed_while_an_answer_is_awaited() -> None:
    exits: list[ProcessExit] = []
    ended = asyncio.Event()

    def on_exit(_process: LineProcess, how: ProcessExit) -> None:
        exits.append(how)
        ended.set()

    process = LineProcess(
        [sys.executable, "-Sc", STOPPING], lambda _line: None, on_exit,
        is_awaited=lambda: True, limits=QUICK,
    )  # fmt: skip
    await process.write("a question\n")
    await ended.wait()
    assert exits == [ProcessExit(-signal.SIGKILL, "", is_hung=True)]
    assert not process.is_usable


async def test_an_estimate_of_a_stopped_process_ends_and_the_next_one_has_a_new_process() -> None:
    estimator = Estimator(None, [sys.executable, "-Sc", STOPPING], QUICK)
    for _ in range(2):
        estimate = await estimator.ask({"corpus": "a"})
        assert estimate == Estimate("the measurement was ended: it did not answer", is_problem=True)
        assert not estimator.is_started
