"""A generator without a process: it notes the questions, and a test answers them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, replace

from textual.message import Message

from rnnlab.decoding import TracedRow, TracedStep
from rnnlab.protocol.messages import (
    CLASSIFY,
    Alive,
    Answer,
    Classified,
    Distributions,
    DistributionsFound,
    Ended,
    Expand,
    Expanded,
    Generate,
    Progress,
    Question,
    Ready,
    Reply,
    Started,
    Trace,
)
from rnnlab.tui.messages import GeneratorSaid, Listener


class FakeGenerator:
    """Notes the requests; a test answers them."""

    latest_made: FakeGenerator

    def __init__(self, post: Callable[[Message], object]) -> None:
        self._post = post
        self.questions: list[Question] = []
        self._listeners: dict[int, Listener] = {}
        self.num_cancelled = 0
        self.num_starts = 0
        FakeGenerator.latest_made = self

    @property
    def looks(self) -> list[Distributions]:
        """The questions for the distributions of a whole text."""
        return [question for question in self.questions if isinstance(question, Distributions)]

    @property
    def latest(self) -> int:
        return len(self.questions)

    @property
    def requests(self) -> list[Generate]:
        """The questions for continuations."""
        return [question for question in self.questions if isinstance(question, Generate)]

    async def start(self) -> None:
        self.num_starts += 1
        self.say(Ready())

    async def ask(self, listener: Listener, question: Question) -> None:
        self.questions.append(replace(question, ask=self.latest + 1))
        self._listeners[self.latest] = listener

    def listener(self, reply: Reply) -> Listener | None:
        return None if isinstance(reply, Ready | Alive) else self._listeners.get(reply.ask)

    async def deliver(self, reply: Reply) -> None:
        if (listener := self.listener(reply)) is not None:
            await listener.on_reply(reply)

    async def cancel(self, listener: Listener) -> None:
        self.num_cancelled += 1

    async def drop(self, listener: Listener) -> None:
        self._listeners = {ask: one for ask, one in self._listeners.items() if one is not listener}

    async def close(self) -> None:
        pass

    def say(self, reply: Reply) -> None:
        self._post(GeneratorSaid(reply))

    def answer(self, *texts: str, decoder: int = 0) -> None:
        """Answer the newest request with these continuations of one decoder."""
        request = self.requests[-1]
        spec = (request.decoders or [CLASSIFY])[decoder]
        answers = [
            Answer(
                spec, ["greedy"], rank, request.prompt + text, text, False,
                -float(rank), -float(rank), list(text), [-float(rank) / len(text)] * len(text),
            )
            for rank, text in enumerate(texts, 1)
        ]  # fmt: skip
        self.say(Started(self.latest, 40))
        self.say(Progress(self.latest, decoder, answers, is_last=True))
        self.say(Ended(self.latest, was_cancelled=False, elapsed_s=0.1))

    def classify(self, **probabilities: float) -> None:
        """Answer the newest request with the classes of its document, the best first."""
        prompt = self.requests[-1].prompt
        tokens = [f"\n{label}  {value:.1%}" for label, value in probabilities.items()]
        logprobs = [math.log(value) for value in probabilities.values()]
        text = "".join(tokens)
        answer = Answer(
            CLASSIFY, ["class"], 1, prompt + text, text, True, logprobs[0], logprobs[0], tokens,
            logprobs,
        )  # fmt: skip
        self.say(Started(self.latest, 40))
        self.say(Classified(self.latest, probabilities))
        self.say(Progress(self.latest, 0, [answer], is_last=True))
        self.say(Ended(self.latest, was_cancelled=False, elapsed_s=0.1))

    def trace(self, *steps: TracedStep, decoder: int = 0) -> None:
        """Tell steps of the newest request's search."""
        self.say(Trace(self.latest, decoder, [asdict(step) for step in steps]))

    def look(self, *rows: TracedRow, chain: tuple[str, ...] = ("greedy",), step: int = 40) -> None:
        """Answer the newest look: a row for each place, the prompt read letter by letter."""
        look = self.looks[-1]
        self.say(Started(look.ask, step))
        tokens = [*look.prompt, *look.tokens]
        found = [asdict(row) for row in rows]
        self.say(
            DistributionsFound(look.ask, step, tokens, len(look.prompt), 0, found, list(chain))
        )
        self.say(Ended(look.ask, was_cancelled=False, elapsed_s=0.1))

    def look_around(self, row: TracedRow, *branches: str, step: int = 40) -> None:
        """Answer the newest question for neighbours: the same row for the text and its branches."""
        asked = [number for number, one in enumerate(self.questions, 1) if isinstance(one, Expand)]
        found = [[], *map(list, branches)]
        self.say(Started(asked[-1], step))
        self.say(Expanded(asked[-1], step, found, [asdict(row)] * len(found)))
        self.say(Ended(asked[-1], was_cancelled=False, elapsed_s=0.1))
