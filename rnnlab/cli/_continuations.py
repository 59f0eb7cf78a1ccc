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
"""Maximum rows in one model step: more are not faster and need more memory."""


@dataclass(frozen=True)
class GenerateOptions:
    """The prompts, the decoders and the length of the continuations."""

    prompts: Sequence[str]
    specs: Sequence[Spec]
    length: int
    num: int | None = None
    seed: int = 1
    checkpoint: str = "last"
    unknown: Unknown = "auto"

    def rows_a_prompt(self, spec: Spec) -> int:
        """Return about how many hypotheses a decoder keeps per prompt."""
        return max(self.num or 1, spec.options.num_answers(), getattr(spec.options, "k", 1))


@dataclass(frozen=True)
class Trace:
    """One step of the search of a decoder for one prompt."""

    number: int
    """Number of the spec, from 0."""
    decoder: str
    chain: list[str]
    prompt: int
    """Number of the prompt, from 0."""
    sample: int
    """Number of the sample for this prompt, from 0."""
    step: TracedStep

    def document(self) -> dict[str, Any]:
        """Return the fields of a line of JSON."""
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
    run: Run, options: GenerateOptions, trace: Callable[[Trace], object] | None = None
) -> Iterator[list[Answer]]:
    """Yield, for one prompt after another, the answers of all decoders.

    Prompts are continued in batches of at most 512 rows. trace: called with every step.
    """
    from rnnlab.models import load_model, parse_checkpoint

    loaded = load_model(run.paths, parse_checkpoint(options.checkpoint))
    _check(loaded, options)
    widest = max(options.rows_a_prompt(spec) for spec in options.specs)
    size = max(1, _MAX_ROWS // widest)
    for first in range(0, len(options.prompts), size):
        prompts = options.prompts[first : first + size]
        answers: list[list[Answer]] = [[] for _ in prompts]
        for number in range(len(options.specs)):
            added = _continue(loaded, prompts, number, options, first, trace)
            answers = [old + new for old, new in zip(answers, added, strict=True)]
        for place, several in enumerate(answers, first):
            yield [replace(answer, prompt_number=place) for answer in several]


def _check(loaded: LoadedModel, options: GenerateOptions) -> None:
    """Raise BadInputError if any prompt has unknown characters, before the first search."""
    from rnnlab.models import make_readable

    for number, prompt in enumerate(options.prompts, 1):
        try:
            make_readable(loaded.vocabulary, prompt, options.unknown)
        except UnknownTokensError as error:
            where = f"prompt {number}: " if len(options.prompts) > 1 else ""
            hint = "remove them, or use --unknown nearest"
            raise BadInputError(f"{where}{error.what}", hint) from None


def _continue(
    loaded: LoadedModel,
    prompts: Sequence[str],
    number: int,
    options: GenerateOptions,
    first: int,
    trace: Callable[[Trace], object] | None,
) -> list[list[Answer]]:
    """Return the answers of one decoder to a batch of prompts.

    number: of the decoder. first: number of the first prompt of the batch.
    """
    from rnnlab.models import continue_texts

    spec = options.specs[number]
    tracer = None
    growths = continue_texts(
        loaded, prompts, spec, options.length, options.num, options.seed, options.unknown
    )
    for growth in growths:
        if trace is not None:
            tracer = tracer or growth.of.tracer()
            for step in tracer.add(growth.frame):
                prompt, sample = divmod(step.prompt, growth.of.rows_a_prompt)
                chain = growth.of.chain
                trace(Trace(number, spec.text, chain, first + prompt, sample, step))
    return growth.answers_by_prompt()
