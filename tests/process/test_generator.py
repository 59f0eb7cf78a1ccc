"""The generator process: JSON lines in, frames out, whatever comes in between."""

from __future__ import annotations

import queue
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rnnlab.decoding import read_row, read_step
from rnnlab.protocol.codec import decode_reply, encode_cancel, encode_request
from rnnlab.protocol.messages import (
    Alive,
    Answer,
    Distributions,
    DistributionsFound,
    Ended,
    Expand,
    Expanded,
    Failed,
    Generate,
    Progress,
    Question,
    Ready,
    Reply,
    Started,
    Trace,
)
from tests.toys.lab import DEADLINE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.toys.lab import Ask, Lab

# One process of pytest for all of them: they share a generator, which takes seconds to start.
pytestmark = [pytest.mark.process, pytest.mark.xdist_group("generator")]


class Talk:
    """A generator process and what it said."""

    def __init__(self, lab: Lab) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rnnlab.worker.generate"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=lab.environment,
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        self._num_asks = 0
        self._folder = lab.checkpoints

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def hear(self) -> Reply:
        """Return the next reply; it must be one, in ASCII."""
        line = self._lines.get(timeout=DEADLINE_S)
        assert line.isascii()
        reply = decode_reply(line)
        assert reply is not None, line
        return reply

    def send(
        self, *decoders: str, run: str = "stream", prompt: str = "Le", length: int = 20
    ) -> int:
        """Send a request and return its number."""
        return self.ask(Generate(0, "", prompt, list(decoders), length=length), run)

    def ask(self, question: Question, run: str = "stream") -> int:
        """Ask a question about a run and return its number."""
        self._num_asks += 1
        asked = replace(question, ask=self._num_asks, run=str(self._folder / run))
        self.write(encode_request(asked).encode())
        return self._num_asks

    def hear_all(self, ask: int) -> list[Reply]:
        """Return all replies to an ask."""
        replies = [self.hear()]
        while not isinstance(replies[-1], Ended):
            replies.append(self.hear())
        assert all(not isinstance(reply, Ready | Alive) and reply.ask == ask for reply in replies)
        return replies

    def answers(self, *decoders: str, run: str = "stream") -> dict[int, list[Answer]]:
        """Ask and return the answers of each decoder."""
        frames = self.hear_all(self.send(*decoders, run=run))
        last = [reply for reply in frames if isinstance(reply, Progress) and reply.is_last]
        return {grown.decoder: grown.answers for grown in last}


@pytest.fixture(scope="module")
def talk(trained: Lab) -> Iterator[Talk]:
    """A generator process that is ready."""
    talk = Talk(trained)
    assert talk.hear() == Ready()
    yield talk
    talk.process.kill()
    talk.process.wait()


def test_an_ask_is_begun_grown_and_ended(talk: Talk, trained: Lab) -> None:
    ask = talk.send("greedy", length=20)
    begun, *frames, ended = talk.hear_all(ask)
    assert begun == Started(ask, trained.open("stream").paths.read_pointer("last") or 0)
    assert isinstance(ended, Ended)
    assert not ended.was_cancelled
    grown = [frame for frame in frames if isinstance(frame, Progress)]
    assert grown == frames
    assert [frame.is_last for frame in grown] == [False] * (len(grown) - 1) + [True]
    (answer,) = grown[-1].answers
    assert len(answer.tokens) == len(answer.token_logprobs) == 20
    assert answer.text.startswith("Le")
    for frame in grown:
        assert answer.text.startswith(frame.answers[0].text), "a greedy text only grows"


def test_its_answers_are_those_of_the_command_line(talk: Talk, ask: Ask) -> None:
    specs = ["nucleus:p=0.8", "beam:k=3"]
    answers = talk.answers(*specs)
    arguments = [part for spec in specs for part in ("-d", spec)]
    rows = ask("generate", "stream", "--prompt", "Le", *arguments, "--length", "20", "--json").json
    for number, spec in enumerate(specs):
        theirs = [row["text"] for row in rows if row["decoder"] == spec]
        assert [answer.text for answer in answers[number]] == theirs


def test_two_decoders_grow_side_by_side(talk: Talk) -> None:
    frames = talk.hear_all(talk.send("greedy", "beam:k=3", length=200))
    order = [(frame.decoder, frame.is_last) for frame in frames if isinstance(frame, Progress)]
    assert order.index((1, False)) < order.index((0, True))
    assert order.index((0, False)) < order.index((1, True))


def test_a_cancelled_ask_ends_early_and_the_next_is_answered(talk: Talk) -> None:
    ask = talk.send("greedy", length=10_000_000)
    while not isinstance(talk.hear(), Progress):
        pass
    talk.write(encode_cancel(ask).encode())
    ended = talk.hear_all(ask)[-1]
    assert isinstance(ended, Ended)
    assert ended.was_cancelled
    assert len(talk.answers("greedy")[0][0].text) == 22


def test_an_ask_cancelled_while_it_waits_is_never_grown(talk: Talk) -> None:
    first = talk.send("greedy", length=10_000_000)
    second = talk.send("greedy")
    talk.write((encode_cancel(second) + encode_cancel(first)).encode())
    talk.hear_all(first)
    replies = talk.hear_all(second)
    assert not [reply for reply in replies if isinstance(reply, Progress)]
    assert isinstance(replies[-1], Ended)
    assert replies[-1].was_cancelled


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{", b"junk", b"3", b"[1]", b"null", b"\xff\xfe", b"{}", b'{"ask": 1}',
        b'{"cancel": "all"}', b'{"cancel": 1e999}', b'{"cancel": null}', b"[" * 100_000,
        b'{"ask": 1, "run": 2, "prompt": 3, "decoders": 4}',
        b'{"ask": [], "run": "r", "prompt": "", "decoders": ["greedy"]}',
        b'{"ask": 1, "run": "r", "prompt": "", "decoders": ["greedy"], "length": -1}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_request_is_answered_so_and_hurts_nobody(talk: Talk, line: bytes) -> None:
    talk.write(line + b"\n")
    reply = talk.hear()
    assert isinstance(reply, Failed)
    assert reply.ask == -1
    assert reply.message.isprintable()
    assert talk.answers("greedy")[0]


@pytest.mark.parametrize(
    ("run", "prompt", "decoder", "message"),
    [
        ("stream", "日", "greedy", "never saw '日'"),
        ("stream", "Le", "beem", "did you mean 'beam'?"),
        ("stream", "Le", "beam:k=0", "beam:k=0"),
        ("nobody", "Le", "greedy", "cannot read"),
        ("stream\0", "Le", "greedy", ""),
    ],
)
def test_an_ask_that_cannot_be_answered_says_why_and_ends(
    talk: Talk, run: str, prompt: str, decoder: str, message: str
) -> None:
    ask = talk.send("greedy", decoder, run=run, prompt=prompt)
    failed = [reply for reply in talk.hear_all(ask) if isinstance(reply, Failed)]
    assert len(failed) == 1
    assert message in failed[0].message
    assert "remove" not in failed[0].message, "the screens offer another remedy"
    assert talk.answers("greedy")[0]


def test_a_trace_grows_into_the_tree_of_the_answers(talk: Talk) -> None:
    request = Generate(0, "", "Le", ["beam:k=3", "greedy"], length=20, has_trace=True)
    replies = talk.hear_all(talk.ask(request))
    traced = [r for r in replies if isinstance(r, Trace) and r.decoder == 0]
    steps = [read_step(step) for reply in traced for step in reply.steps]
    assert [step.step for step in steps] == list(range(1, 21))
    made = {made.id: made for step in steps for made in step.hypotheses}
    assert {made.fate for made in made.values()} == {"kept", "beyond the beam's width"}
    last = next(r for r in replies if isinstance(r, Progress) and r.decoder == 0 and r.is_last)
    best = [answer.id for answer in steps[-1].answers]
    for answer, leaf in zip(last.answers, best, strict=True):
        tokens: list[str] = []
        node = leaf
        while node:
            tokens.append(made[node].token)
            node = made[node].parent
        assert tokens[::-1] == answer.tokens
    assert [type(r) for r in replies if isinstance(r, Trace | Progress)][-1] is Progress


def test_a_look_tells_what_was_expected_at_every_place(talk: Talk) -> None:
    answer = talk.answers("greedy")[0][0]
    look = Distributions(0, "", answer.prompt, answer.tokens, "greedy:top_k=3", num_shown=5)
    begun, looked, ended = talk.hear_all(talk.ask(look))
    assert isinstance(begun, Started)
    assert isinstance(looked, DistributionsFound)
    assert isinstance(ended, Ended)
    assert looked.tokens == [*answer.prompt, *answer.tokens]
    rows = [read_row(row) for row in looked.rows]
    assert [row.tokens[0].token for row in rows[looked.num_prompt : -1]] == answer.tokens
    assert {row.num_left for row in rows[looked.num_prompt :]} == {3}
    assert looked.chain == ["top-k=3", "greedy"]


def test_what_follows_a_text_and_its_likely_next_tokens_comes_in_one_reply(talk: Talk) -> None:
    question = Expand(0, "", "Le", ["s"], ["a", "b"], "greedy:top_k=3", num_children=4)
    begun, expanded, ended = talk.hear_all(talk.ask(question))
    assert isinstance(begun, Started)
    assert isinstance(expanded, Expanded)
    assert isinstance(ended, Ended)
    assert expanded.branches[0] == []
    assert ["a", "b"] in expanded.branches
    assert len(expanded.branches) >= 1 + 4 + 1
    assert {read_row(row).num_left for row in expanded.rows} == {3}


def test_a_new_run_of_an_old_name_is_a_new_model(talk: Talk, trained: Lab, lab: Lab) -> None:
    answers = []
    for task in ("stream", "sentences"):
        copy = lab.copy(trained.open(task), "copy").paths.root
        answers.append(talk.answers("greedy", run=str(copy)))
        shutil.rmtree(copy)
    assert answers[0] != answers[1]
    assert answers == [talk.answers("greedy", run=task) for task in ("stream", "sentences")]


def test_a_front_end_that_dies_takes_it_along(trained: Lab) -> None:
    ask = "import subprocess, sys; p = subprocess.Popen([sys.executable, '-m', "
    code = ask + "'rnnlab.worker.generate'], stdin=-1, stdout=-1); print(p.pid, flush=True); "
    request = Generate(1, str(trained.checkpoints / "stream"), "L", ["greedy"], length=10_000_000)
    code += f"p.stdin.write({encode_request(request).encode()!r}); p.stdin.flush(); "
    code += "[p.stdout.readline() for _ in range(3)]; import os; os._exit(1)"
    command = [sys.executable, "-c", code]
    ended = subprocess.run(
        command, capture_output=True, env=trained.environment, check=False, timeout=DEADLINE_S
    )
    pid = int(ended.stdout)

    def is_gone() -> bool:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                return stat.read().split()[2] == "Z"
        except FileNotFoundError:
            return True

    trained.until(is_gone, "the generator ends")
    assert ended.stderr == b""
