"""Continuations of prompts, computed in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rnnlab.decoding import Spec, TracedStep
from rnnlab.runs.prompts import Answer
from rnnlab.runs.store import Run

if TYPE_CHECKING:
    from rnnlab.models import LoadedModel, Unknown

DEFAULT_DECODERS = ("greedy", "nucleus:p=0.9", "beam:k=5")
_MAX_ROWS = 512
"""Hypotheses of all prompts that are stepped at once: more are no faster and need more memory."""


@dataclass(frozen=True)
class Wish:
    """What is to be written."""

    prompts: Sequence[str]
    specs: Sequence[Spec]
    length: int
    num: int | None = None
    seed: int = 1
    checkpoint: str = "last"
    unknown: Unknown = "auto"

    def rows_a_prompt(self, spec: Spec) -> int:
        """Return how many hypotheses a decoder keeps of a prompt, about."""
        return max(self.num or 1, spec.options.num_answers(), getattr(spec.options, "k", 1))


@dataclass(frozen=True)
class Trace:
    """A step of a decoder for one prompt."""

    decoder: str
    chain: list[str]
    prompt: int
    """Number of the prompt, from 0."""
    sample: int
    """Number of the sample of that prompt, from 0."""
    step: TracedStep

    def document(self) -> dict[str, Any]:
        """Return it for a line of JSON."""
        return {
            "decoder": self.decoder, "chain": self.chain, "prompt": self.prompt,
            "sample": self.sample, **{k: v for k, v in asdict(self.step).items() if k != "prompt"},
        }  # fmt: skip


def generate(
    run: Run, wish: Wish, trace: Callable[[Trace], object] | None = None
) -> Iterator[list[Answer]]:
    """Give the answers of all decoders to one prompt after another.

    Prompts are continued together, as many at once as keep the model busy. trace: is told of every
    step.
    """
    from rnnlab.models import load_model, parse_checkpoint

    loaded = load_model(run.paths, parse_checkpoint(wish.checkpoint))
    widest = max(wish.rows_a_prompt(spec) for spec in wish.specs)
    size = max(1, _MAX_ROWS // widest)
    for first in range(0, len(wish.prompts), size):
        prompts = wish.prompts[first : first + size]
        found: list[list[Answer]] = [[] for _ in prompts]
        for spec in wish.specs:
            answers = _continue(loaded, prompts, spec, wish, first, trace)
            found = [old + new for old, new in zip(found, answers, strict=True)]
        yield from found


def _continue(
    loaded: LoadedModel,
    prompts: Sequence[str],
    spec: Spec,
    wish: Wish,
    first: int,
    trace: Callable[[Trace], object] | None,
) -> list[list[Answer]]:
    """Return a decoder's answers to each of some prompts, the first of them of that number."""
    from rnnlab.models import continue_texts

    tracer = None
    growths = continue_texts(loaded, prompts, spec, wish.length, wish.num, wish.seed, wish.unknown)
    for growth in growths:
        if trace is not None:
            tracer = tracer or growth.of.tracer()
            for step in tracer.add(growth.frame):
                number, sample = divmod(step.prompt, growth.of.rows_a_prompt)
                trace(Trace(spec.text, growth.of.chain, first + number, sample, step))
    return growth.answers_by_prompt()
