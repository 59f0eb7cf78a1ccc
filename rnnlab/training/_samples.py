"""Samples: the tracked prompts, continued at intervals during training to show its progress.

Sampling must not use the random generators of the training, or change the weights: a run takes the
same steps, bit for bit, with and without samples.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from rnnlab.corpora import Dataset, Vocabulary
from rnnlab.decoding import Spec, parse_prompts, parse_spec, split_specs
from rnnlab.inference import (
    LoadedModel,
    PrefilledPrompts,
    begin_text,
    continue_prefilled,
    prefill,
)
from rnnlab.models import LanguageModel, TextModel
from rnnlab.runs.records import SampleRecord
from rnnlab.settings.run_config import RunConfig

COST = 200
"""Samples take at most 1/COST of the training time, unless an interval is set."""
_PROMPT_CHARS, _PROMPT_WORDS = 28, 6
"""Approximate length of the default prompt, in characters or in words."""


class Sampler:
    """Continues the tracked prompts of one run."""

    def __init__(
        self,
        config: RunConfig,
        vocabulary: Vocabulary,
        prompts: list[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """clock: returns seconds, from any origin."""
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
        """Return the sampler of a run; None for a classifier, or if samples are off."""
        if config.task == "classify" or not config.sample_length or not config.sample_decoders:
            return None
        prompts = list(parse_prompts(config.sample_prompts)) or [held_out_prompt(dataset)]
        return cls(config, dataset.vocabulary, prompts, clock)

    def is_due(self, step: int, *, is_validated: bool, is_over: bool) -> bool:
        """Return whether to sample after `step`; always True after the last step."""
        if is_over:
            return True
        if self._config.sample_every:
            return step % self._config.sample_every == 0
        age_s = self._clock() - self._sampled_at
        return is_validated and age_s > COST * self._cost_s

    def sample(
        self, model: TextModel, step: int, epoch: float, time_s: float
    ) -> list[SampleRecord]:
        """Return one record per prompt and decoder with the continuation, written with dropout off.

        time_s: training time in seconds, for the records.
        """
        assert isinstance(model, LanguageModel)
        was_training = model.training
        started = self._clock()
        try:
            loaded = LoadedModel(model.eval(), self._vocabulary, self._config, step, "")
            prompts = [begin_text(self._vocabulary, text, "nearest") for text in self._prompts]
            prefilled = prefill(loaded, prompts, self._specs)
            record = partial(SampleRecord, step, epoch, time_s)
            records = [
                sample
                for spec in self._specs
                for sample in self._continue(loaded, prefilled, spec, record)
            ]
        finally:
            model.train(was_training)
            self._sampled_at = self._clock()
            self._cost_s = self._sampled_at - started
        return sorted(records, key=lambda record: record.prompt_number)

    def _continue(
        self,
        loaded: LoadedModel,
        prefilled: PrefilledPrompts,
        spec: Spec,
        record: Callable[..., SampleRecord],
    ) -> list[SampleRecord]:
        """Return a decoder's continuation of every prompt.

        record: returns a record, given the fields of a continuation.
        """
        config = self._config
        *_, last = continue_prefilled(
            loaded, prefilled, spec, config.sample_length, num=1, seed=config.seed
        )
        return [
            record(
                prompt_number=answer.prompt_number,
                prompt=answer.prompt,
                decoder=answer.decoder,
                text=answer.continuation,
                logprob=answer.logprob,
                num_tokens=len(answer.tokens),
                end=answer.end or "",
            )
            for answer in last.answers()
        ]


def held_out_prompt(dataset: Dataset) -> str:
    """Return the first words of the validation split, or of the train split if there is none.

    Empty for a sentence model.
    """
    vocabulary = dataset.vocabulary
    if vocabulary.eos is not None:
        return ""
    batch = next(iter(dataset.held_out.eval_batches(2 * _PROMPT_CHARS)))
    ids = batch.inputs_BT[0].tolist()
    if vocabulary.kind != "chars":
        return vocabulary.decode(ids[:_PROMPT_WORDS])
    text = vocabulary.decode(ids[:_PROMPT_CHARS])
    whole_words, _, truncated_word = text.rpartition(" ")
    return f"{whole_words} " if whole_words and truncated_word else text
