"""Thousands of prompts to one generator process."""

from __future__ import annotations

import random
import subprocess
import sys

from rnnlab.protocol.codec import decode_reply, encode_cancel, encode_request
from rnnlab.protocol.messages import Alive, Ended, Failed, Generate, Ready
from rnnlab.runs.launch import child_environment
from rnnlab.runs.run import Run
from tests.soak.flat import Measured
from tests.soak.rows import Check, Row, Tell
from tests.soak.workshop import workshop

DECODERS = ("greedy", "nucleus:p=0.9", "beam:k=4", "sample:temperature=0.8")
WORDS = ("le roi", "la mer", "\x1b[31m", "\u00e9t\u00e9", "un " * 200, "", "\U0001f600", "bon")
_EVERY = 20
"""Prompts between two measurements."""


def check(number: int, seed: int, tell: Tell) -> Row:
    """Send prompts, some of them hostile or cancelled; each must end, and the memory stay flat."""
    chance = random.Random(seed)
    row = Row("prompts to one generator, 1 of 5 cancelled")
    with workshop() as shop:
        assert shop.reference
        generator = subprocess.Popen(
            [sys.executable, "-m", "rnnlab.worker.generate"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=child_environment(),
        )  # fmt: skip
        measured = Measured(generator.pid)
        try:
            _read(generator)
            run = shop.store.open("reference")
            while row.faults < number:
                row.faults += 1
                row.survived += _answered(generator, run, row.faults, chance)
                if row.faults % _EVERY == 0:
                    measured.measure()
                if row.faults % 500 == 0:
                    tell(f"{row.faults} prompts: {measured.note}")
        finally:
            generator.kill()
            generator.wait()
    row.note, row.problems = measured.note, measured.problems()
    return row


def _answered(
    generator: subprocess.Popen[bytes], run: Run, ask: int, chance: random.Random
) -> bool:
    """Ask once, perhaps cancel; return whether the question ended as it must."""
    prompt = " ".join(chance.choices(WORDS, k=chance.randint(1, 3)))
    decoders = chance.sample(DECODERS, chance.randint(1, 3))
    question = Generate(
        ask, str(run.paths.root), prompt, list(decoders), length=chance.randint(1, 120),
        has_trace=chance.random() < 0.3,
    )  # fmt: skip
    lines = encode_request(question)
    if chance.random() < 0.2:
        lines += encode_cancel(ask)
    assert generator.stdin is not None
    generator.stdin.write(lines.encode())
    generator.stdin.flush()
    while True:
        reply = _read(generator)
        if isinstance(reply, Ended):
            return reply.ask == ask
        if isinstance(reply, Failed) and not reply.message:
            return False


def _read(generator: subprocess.Popen[bytes]) -> object:
    assert generator.stdout is not None
    line = generator.stdout.readline()
    reply = decode_reply(line)
    if reply is None:
        raise AssertionError(f"the generator has ended, or wrote {line!r}")
    assert isinstance(reply, Ready | Alive) or reply.ask
    return reply


CHECK = Check(check, full=2000, quick=200)
