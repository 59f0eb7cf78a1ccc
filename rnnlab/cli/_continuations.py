"""Continuations of prompts, computed in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import UnknownTokensError
from rnnlab.decoding import Spec, TracedStep
from rnnlab.protocol.messages import Answer
from rnnlab.runs.store import Run

if TYPE_CHECKING:
    from rnnlab.models import LoadedModel, Unknown

DEFAULT_DECODERS = ("greedy", "nucleus:p=0.9", "beam:k=5")
_MAX_ROWS = 512
"""Hypotheses of all prompts that are stepped at once: more are no faster and need more memory."""


@dataclass(frozen=True)
class GenerateOptions:
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

    number: int
    """Number of the spec, from 0."""
    decoder: str
    chain: list[str]
    prompt: int
    """Number of the prompt, from 0."""
    sample: int
    """Number of the sample of that prompt, from 0."""
    step: TracedStep

    def document(self) -> dict[str, Any]:
        """Return it for a line of JSON."""
        step = {name: value for name, value in asdict(self.step).items() if name != "prompt"}
        return {
            "number": self.number,
            "decoder": self.decoder,
            "chain": self.chain,
            "prompt": self.prompt,
            "sample": self.sample,
            **step,
        }


def generate(
    run: Run, wish: GenerateOptions, trace: Callable[[Trace], object] | None = None
) -> Iterator[list[Answer]]:
    """Give the answers of all decoders to one prompt after another.

    Prompts are continued together, as many at once as keep the model busy. trace: is told of every
    step.
    """
    from rnnlab.models import load_model, parse_checkpoint

    loaded = load_model(run.paths, parse_checkpoint(wish.checkpoint))
    _check(loaded, wish)
    widest = max(wish.rows_a_prompt(spec) for spec in wish.specs)
    size = max(1, _MAX_ROWS // widest)
    for first in range(0, len(wish.prompts), size):
        prompts = wish.prompts[first : first + size]
        found: list[list[Answer]] = [[] for _ in prompts]
        for number in range(len(wish.specs)):
            answers = _continue(loaded, prompts, number, wish, first, trace)
            found = [old + new for old, new in zip(found, answers, strict=True)]
        for place, mine in enumerate(found, first):
            yield [replace(answer, prompt_number=place) for answer in mine]


def _check(loaded: LoadedModel, wish: GenerateOptions) -> None:
    """Refuse letters that the model never saw in any prompt, before one is continued."""
    from rnnlab.models import make_readable

    for number, prompt in enumerate(wish.prompts, 1):
        try:
            make_readable(loaded.vocabulary, prompt, wish.unknown)
        except UnknownTokensError as error:
            where = f"prompt {number}: " if len(wish.prompts) > 1 else ""
            hint = "write without, or try --unknown nearest"
            raise BadInputError(f"{where}{error.what}", hint) from None


def _continue(
    loaded: LoadedModel,
    prompts: Sequence[str],
    number: int,
    wish: GenerateOptions,
    first: int,
    trace: Callable[[Trace], object] | None,
) -> list[list[Answer]]:
    """Return the answers of a decoder to each of some prompts.

    number: of the decoder. first: number of the first of these prompts.
    """
    from rnnlab.models import continue_texts

    spec = wish.specs[number]
    tracer = None
    growths = continue_texts(loaded, prompts, spec, wish.length, wish.num, wish.seed, wish.unknown)
    for growth in growths:
        if trace is not None:
            tracer = tracer or growth.of.tracer()
            for step in tracer.add(growth.frame):
                prompt, sample = divmod(step.prompt, growth.of.rows_a_prompt)
                chain = growth.of.chain
                trace(Trace(number, spec.text, chain, first + prompt, sample, step))
    return growth.answers_by_prompt()
