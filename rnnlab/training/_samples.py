"""Tracked prompts: continued again and again while a run trains, so that one can read it learn.

Nothing here draws from the training's random generators or changes its weights: a run with samples
takes the same steps, to the last bit, as one without.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from rnnlab.corpora import Dataset, Vocabulary
from rnnlab.decoding import Spec, parse_prompts, parse_spec, split_specs
from rnnlab.models import LanguageModel, LoadedModel, TextModel, continue_texts
from rnnlab.runs.records import SampleRecord
from rnnlab.settings.run_config import RunConfig

COST = 200
"""Samples take at most one part in so many of the time, where no interval is set."""
_PROMPT_LETTERS, _PROMPT_WORDS = 28, 6
"""Of the held-out text, where no prompt is set: about so much."""


class Sampler:
    """Continues the tracked prompts of one run."""

    def __init__(
        self,
        config: RunConfig,
        vocabulary: Vocabulary,
        prompts: list[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """clock: seconds since any moment."""
        self._config = config
        self._vocabulary = vocabulary
        self._prompts = prompts
        self._specs: list[Spec] = [parse_spec(s) for s in split_specs(config.sample_decoders)]
        self._clock = clock
        self._cost_s = 0.0
        self._sampled_at = float("-inf")

    @classmethod
    def of(
        cls, config: RunConfig, dataset: Dataset, clock: Callable[[], float] = time.monotonic
    ) -> Sampler | None:
        """Return what samples a run; None for a classifier, or where no samples are wanted."""
        if config.task == "classify" or not config.sample_length or not config.sample_decoders:
            return None
        prompts = list(parse_prompts(config.sample_prompts)) or [held_out_prompt(dataset)]
        return cls(config, dataset.vocabulary, prompts, clock)

    def is_due(self, step: int, *, is_validated: bool, is_over: bool) -> bool:
        """Tell whether a round is due after a step, the last one always."""
        if is_over:
            return True
        if self._config.sample_every:
            return step % self._config.sample_every == 0
        waited_s = self._clock() - self._sampled_at
        return is_validated and waited_s > COST * self._cost_s

    def sample(
        self, model: TextModel, step: int, epoch: float, time_s: float
    ) -> list[SampleRecord]:
        """Return a round of samples; dropout is off meanwhile."""
        assert isinstance(model, LanguageModel)
        was_training = model.training
        started = self._clock()
        try:
            loaded = LoadedModel(model.eval(), self._vocabulary, self._config, step, "")
            found = [record for spec in self._specs for record in self._write(loaded, spec)]
        finally:
            model.train(was_training)
            self._sampled_at = self._clock()
            self._cost_s = self._sampled_at - started
        return [
            SampleRecord(step, epoch, time_s, *rest)
            for rest in sorted(found, key=lambda rest: rest[0])
        ]

    def _write(
        self, loaded: LoadedModel, spec: Spec
    ) -> list[tuple[int, str, str, str, float, int, str]]:
        """Return what a decoder makes of every prompt, as the rest of a record."""
        config = self._config
        growths = continue_texts(
            loaded, self._prompts, spec, config.sample_length, 1, config.seed, "nearest"
        )
        *_, last = growths
        return [
            (
                answer.prompt_number,
                answer.prompt,
                answer.decoder,
                answer.continuation,
                answer.logprob,
                len(answer.tokens),
                answer.end or "",
            )
            for answer in last.answers()
        ]


def held_out_prompt(dataset: Dataset) -> str:
    """Return the first words of the held-out text; nothing where every text begins afresh."""
    vocabulary = dataset.vocabulary
    if vocabulary.eos is not None:
        return ""
    batch = next(iter(dataset.splits["val"].eval_batches(2 * _PROMPT_LETTERS)))
    ids = batch.inputs_BT[0].tolist()
    if vocabulary.kind != "chars":
        return vocabulary.decode(ids[:_PROMPT_WORDS])
    text = vocabulary.decode(ids[:_PROMPT_LETTERS])
    whole_words, _, cut_word = text.rpartition(" ")
    return f"{whole_words} " if whole_words and cut_word else text
