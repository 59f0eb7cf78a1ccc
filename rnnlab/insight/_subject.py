"""The subject of a view (a run's model at a checkpoint, journal and corpus) and its options.

Shapes: B sequences, T tokens.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random

import numpy as np
import torch

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.corpora import Dataset, Ids, prepare
from rnnlab.inference import LoadedModel, encode_prompt, load_model
from rnnlab.insight._sample import LENGTH, ROWS, draw_sample
from rnnlab.insight._through_time import Sample
from rnnlab.runs.checkpoint import resolve_checkpoint
from rnnlab.runs.corpus import check_corpus
from rnnlab.runs.history import History, read_history
from rnnlab.runs.paths import RunPaths

MOST_DATASETS = 2
"""Maximum number of corpora kept in memory: enough to compare two models."""
_DRAWN_FROM = 10
"""The sentences of a text are drawn from this multiple of its tokens."""


@dataclass(frozen=True)
class Wishes:
    """The options of all views; each view ignores the options that do not apply to it."""

    text: str | None = None
    """Text that the model reads; None: the run's validation split."""
    unit: str | None = None
    """Unit, as `l0.17`, or as `17` in the top layer."""
    property: str | None = None
    """Property by which units are ranked: its name, or a regular expression."""
    gate: str | None = None
    """Letter of a gate; None: all gates, or the view's own choice."""
    other: InspectedModel | None = None
    """The model to compare with."""


@dataclass(frozen=True)
class InspectedModel:
    """A run at one checkpoint; model, journal and corpus are read when first needed."""

    paths: RunPaths
    checkpoint: str = "last"
    data: Path | None = None
    """Folder of corpora; None: the default folder."""
    load: Callable[[], LoadedModel] | None = field(default=None, compare=False)
    """Returns the model from a cache; None: load it from the run directory."""
    datasets: dict[str, Dataset] | None = field(default=None, compare=False)
    """Cache of corpora, keyed by the settings of their run, least recently used first; at most
    `MOST_DATASETS`."""

    @property
    def name(self) -> str:
        """Name of the run, which is the name of its folder."""
        return self.paths.name

    @property
    def noun(self) -> str:
        """Word for a token of this model in messages, such as `character`."""
        return self.loaded.vocabulary.noun

    @cached_property
    def loaded(self) -> LoadedModel:
        """The model; raises BadInputError if the checkpoint does not exist or cannot be loaded."""
        try:
            if self.load is not None:
                return self.load()
            return load_model(self.paths, resolve_checkpoint(self.paths, self.checkpoint))
        except BadInputError:
            raise
        except RnnlabError as error:  # weights of another shape, or no weights at all
            raise BadInputError(error.what, "choose another --checkpoint") from None

    @cached_property
    def history(self) -> History:
        """The run's journal, read once, at the first access."""
        return read_history(self.paths.journal)

    @cached_property
    def dataset(self) -> Dataset:
        """The run's corpus.

        If the corpus is missing or has changed, raises BadInputError with the advice to use --text.
        """
        cache = {} if self.datasets is None else self.datasets
        key = f"{self.paths.root}\n{self.loaded.config.to_toml()}"
        cached = cache.pop(key, None)
        try:
            if cached is not None and self._is_corpus_of_run(cached):
                dataset = cached
            else:
                dataset = prepare(self.loaded.config, self.data, self.loaded.vocabulary)
                check_corpus(self.paths, dataset.fingerprint)
        except RnnlabError as error:
            raise BadInputError(error.what, "give a text with --text") from None
        cache[key] = dataset
        while len(cache) > MOST_DATASETS:
            del cache[next(iter(cache))]
        return dataset

    def _is_corpus_of_run(self, dataset: Dataset) -> bool:
        """Return whether a cached corpus is the run's: a new run may reuse an old run's name."""
        try:
            check_corpus(self.paths, dataset.fingerprint)
        except BadInputError:
            return False
        return True

    def sample(self, text: str | None, *, least: int = 2) -> Sample:
        """Return the user's text as one sequence, or a sample of the validation split.

        Raises BadInputError for a text of fewer than `least` tokens, and for any text if the model
        is a classifier, because the class of the text is unknown.
        """
        device = self.loaded.model.device
        if text is None:
            length = min(LENGTH, max(self.loaded.config.length, least))
            return draw_sample(self.dataset.held_out, ROWS, length, device)
        if self.loaded.config.task == "classify":
            raise BadInputError(
                "the class of this text is unknown",
                "omit --text to use documents of the validation split",
            )
        ids = self.read(text, least=least)
        ids_1T = torch.from_numpy(self.with_start(ids))[None].to(device)
        return Sample(ids_1T[:, :-1], ids_1T[:, 1:])

    def read(self, text: str | None, *, least: int = 1, most: int | None = None) -> Ids:
        """Return the token ids [T] of the user's text or, without a text, of the validation split.

        Returns at most `most` tokens. Raises BadInputError for fewer than `least` tokens.
        """
        vocabulary = self.loaded.vocabulary
        if text is None:
            ids = self._validation_text(most or 2000)
        else:
            ids = encode_prompt(vocabulary, text).tokens
        if len(ids) < least:
            source = "the text" if text is not None else "the validation split"
            raise BadInputError(
                f"{source} has {len(ids)} {self.noun}s; this view needs at least {least}",
                "give a longer --text",
            )
        return ids if most is None else ids[:most]

    def with_start(self, ids: Ids) -> Ids:
        """Return the token ids, preceded by EOS if the model is a sentence model."""
        eos = self.loaded.vocabulary.eos
        if eos is None or (len(ids) and ids[0] == eos):
            return ids
        return torch.cat([torch.tensor([eos]), torch.from_numpy(ids)]).numpy()

    def _validation_text(self, most: int) -> Ids:
        """Return `most` tokens of the validation split: its beginning, or sentences drawn from it.

        The batches have the sentences sorted by length; the first ones would all be short.
        """
        rows: list[Ids] = []
        num_tokens, is_sorted = 0, False
        for batch in self.dataset.held_out.eval_batches(_DRAWN_FROM * most):
            sizes_B = batch.lengths_B
            if sizes_B is None:
                sizes_B = (batch.targets >= 0).sum(axis=1)
            is_sorted = is_sorted or (batch.is_start and len(sizes_B) > 1)
            rows += [row[: int(size)] for row, size in zip(batch.inputs_BT, sizes_B, strict=True)]
            num_tokens += int(sizes_B.sum())
            if num_tokens >= most and not is_sorted:
                break
        if is_sorted:
            Random(0).shuffle(rows)
        return np.concatenate(rows)[:most]


def check_finite(subject: InspectedModel, values: Iterable[float]) -> None:
    """Raise BadInputError if a value computed by a model is not finite."""
    if not all(map(math.isfinite, values)):
        raise BadInputError(
            f"the activations or gradients of {subject.name!r} overflow at step "
            f"{subject.loaded.step}",
            "choose an earlier --checkpoint",
        )


def around(tokens: Sequence[str], place: int, num_before: int, num_after: int = 0) -> str:
    """Return the token at `place` in brackets, with the text around it.

    num_before, num_after: maximum number of characters of text before and after the token.
    """
    before = "".join(tokens[max(place - num_before, 0) : place])[-num_before:]
    after = "".join(tokens[place + 1 : place + 1 + num_after])[:num_after]
    return f"{before}[{tokens[place]}]{after}".replace("\n", "⏎")


def tokens_of(loaded: LoadedModel, ids: Ids) -> tuple[str, ...]:
    """Return the text of every token for display.

    EOS is shown as a line end. The words of documents are stored without spaces, so each word gets
    a space in front.
    """
    vocabulary = loaded.vocabulary
    if vocabulary.kind == "lowercase":
        return tuple(f" {vocabulary.tokens[i]}" for i in ids.tolist())
    eos = vocabulary.eos
    return tuple("\n" if i == eos else vocabulary.tokens[i] for i in ids.tolist())
