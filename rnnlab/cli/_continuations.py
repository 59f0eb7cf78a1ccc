"""Continuations of prompts, computed in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from rnnlab.base.errors import BadInputError
from rnnlab.cli._weights import weights_of
from rnnlab.corpora import UnknownTokensError
from rnnlab.protocol.messages import Answer
from rnnlab.runs.checkpoint import resolve_checkpoint
from rnnlab.runs.run import Run

if TYPE_CHECKING:
    from rnnlab.cli._dynamic import Prepared
    from rnnlab.decoding import Spec, TracedStep
    from rnnlab.inference import EncodedPrompt, LoadedModel, PrefilledPrompts, Unknown

_MAX_ROWS = 512
"""Maximum number of hypotheses per batch: larger batches need more memory and are not faster."""


@dataclass(frozen=True)
class GenerateOptions:
    """Prompts, decoders and limits; the fields are named after the options of `rnnlab generate`."""

    prompts: Sequence[str]
    specs: Sequence[Spec]
    length: int
    num: int | None = None
    seed: int = 1
    checkpoint: str = "last"
    unknown: Unknown = "auto"

    def rows_a_prompt(self, spec: Spec) -> int:
        """Return the approximate number of hypotheses that a decoder keeps per prompt."""
        return max(self.num or 1, spec.options.num_answers(), getattr(spec.options, "k", 1))


@dataclass(frozen=True)
class Trace:
    """One step of a decoder for one prompt."""

    number: int
    """Index of the decoder among the specs."""
    decoder: str
    chain: list[str]
    prompt: int
    """Index of the prompt."""
    sample: int
    """Index of the sample among the samples of the prompt."""
    step: TracedStep

    def document(self) -> dict[str, Any]:
        """Return the step as a dictionary for one JSON line."""
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
    run: Run,
    options: GenerateOptions,
    trace: Callable[[Trace], object] | None = None,
    tell: Callable[[str], object] = str,
    prepare: Callable[[LoadedModel], Prepared] | None = None,
) -> Iterator[list[Answer]]:
    """Yield one list per prompt: the answers of all decoders.

    Prompts are prefilled and continued in batches of at most `_MAX_ROWS` hypotheses. trace: called
    with every step of every decoder. tell: called once, before the first answer, with the name of
    the weights that answer, and again with the settings of a learner. prepare: returns the learner
    that reads each prompt before it is continued.
    """
    from rnnlab.inference import load_model, prefill

    loaded = load_model(run.paths, resolve_checkpoint(run.paths, options.checkpoint))
    encoded = _encode(loaded, options)
    tell(weights_of(run, loaded.step))
    prepared = None if prepare is None else prepare(loaded)
    widest = max(options.rows_a_prompt(spec) for spec in options.specs)
    size = max(1, _MAX_ROWS // widest)
    if prepared is not None:
        tell(f"learning from the prompt: {prepared.text()}")
        size = 1  # each prompt has weights of its own
    for first in range(0, len(encoded), size):
        model = loaded if prepared is None else prepared.after(loaded, encoded[first].tokens)
        prefilled = prefill(model, encoded[first : first + size], options.specs)
        by_prompt: list[list[Answer]] = [[] for _ in prefilled.prompts]
        for number in range(len(options.specs)):
            answers = _continue(model, prefilled, number, options, first, trace)
            by_prompt = [old + new for old, new in zip(by_prompt, answers, strict=True)]
        for place, answers_of_prompt in enumerate(by_prompt, first):
            yield [replace(answer, prompt_number=place) for answer in answers_of_prompt]


def _encode(loaded: LoadedModel, options: GenerateOptions) -> list[EncodedPrompt]:
    """Return all prompts, encoded; raise BadInputError with the number of an invalid prompt."""
    from rnnlab.inference import begin_text

    encoded = []
    for number, prompt in enumerate(options.prompts, 1):
        try:
            encoded.append(begin_text(loaded.vocabulary, prompt, options.unknown))
        except UnknownTokensError as error:
            where = f"prompt {number}: " if len(options.prompts) > 1 else ""
            hint = "remove them from the prompt, or use --unknown nearest"
            raise BadInputError(f"{where}{error.what}", hint) from None
    return encoded


def _continue(
    loaded: LoadedModel,
    prefilled: PrefilledPrompts,
    number: int,
    options: GenerateOptions,
    first: int,
    trace: Callable[[Trace], object] | None,
) -> list[list[Answer]]:
    """Return the answers of one decoder to each prompt of a batch.

    number: index of the decoder. first: index of the batch's first prompt.
    """
    from rnnlab.inference import continue_prefilled

    spec = options.specs[number]
    tracer = None
    steps = continue_prefilled(loaded, prefilled, spec, options.length, options.num, options.seed)
    for generated in steps:
        if trace is not None:
            tracer = tracer or generated.of.tracer()
            for step in tracer.add(generated.frame):
                prompt, sample = divmod(step.prompt, generated.of.rows_a_prompt)
                chain = generated.of.chain
                trace(Trace(number, spec.text, chain, first + prompt, sample, step))
    return generated.answers_by_prompt()
