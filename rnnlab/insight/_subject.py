"""What is looked into: a run's model at a checkpoint, its journal, its text; and what is asked.

Shapes: B sequences, T tokens.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.corpora import Dataset, Ids, prepare
from rnnlab.insight._sample import LENGTH, ROWS, draw_sample
from rnnlab.insight._through_time import Sample
from rnnlab.models import LoadedModel, encode_prompt, load_model, parse_checkpoint
from rnnlab.runs.corpus import check_corpus
from rnnlab.runs.history import History, read_history
from rnnlab.runs.paths import RunPaths

MOST_DATASETS = 2
"""Corpora that are held: those of two models that are compared."""


@dataclass(frozen=True)
class Wishes:
    """What a user asks of a view; each view looks at what concerns it."""

    text: str | None = None
    """Text to look with; None: held-out text of the run."""
    unit: str | None = None
    """Unit as `l0.17`, or `17` of the top layer."""
    property: str | None = None
    """Property of letters by which units are ranked: a name, or a regular expression."""
    gate: str | None = None
    """Letter of the gate wanted; None: all, or the view's own choice."""
    other: InspectedModel | None = None
    """The model that is compared with, where a view compares."""


@dataclass(frozen=True)
class InspectedModel:
    """A run at one checkpoint; what is not needed is not read."""

    paths: RunPaths
    checkpoint: str = "last"
    data: Path | None = None
    """Folder of corpora where it is not the default one."""
    load: Callable[[], LoadedModel] | None = field(default=None, compare=False)
    """Gives the model where somebody has it at hand."""
    datasets: dict[str, Dataset] | None = field(default=None, compare=False)
    """Corpora that were read before, by the settings of their run; the one used stands last, and
    the first ones are dropped when there are more than `MOST_DATASETS`."""

    @property
    def name(self) -> str:
        """The run's name."""
        return self.paths.name

    @property
    def noun(self) -> str:
        """What a token is: a letter or a word."""
        return self.loaded.vocabulary.noun

    @cached_property
    def loaded(self) -> LoadedModel:
        """The model; raises BadInputError where there is no such checkpoint."""
        try:
            if self.load is not None:
                return self.load()
            return load_model(self.paths, parse_checkpoint(self.checkpoint))
        except BadInputError:
            raise
        except RnnlabError as error:  # weights of another shape, or no weights at all
            raise BadInputError(error.what, "choose another --checkpoint") from None

    @cached_property
    def history(self) -> History:
        """The journal as it stands."""
        return read_history(self.paths.journal)

    @cached_property
    def dataset(self) -> Dataset:
        """The run's corpus.

        Raises BadInputError that asks for a text where it is not there or is another one now.
        """
        known = {} if self.datasets is None else self.datasets
        key = f"{self.paths.root}\n{self.loaded.config.to_toml()}"
        held = known.pop(key, None)
        try:
            if held is not None and self._is_own(held):
                found = held
            else:
                found = prepare(self.loaded.config, self.data, self.loaded.vocabulary)
                check_corpus(self.paths, found.fingerprint)
        except RnnlabError as error:
            raise BadInputError(error.what, "give a text of your own with --text") from None
        known[key] = found
        while len(known) > MOST_DATASETS:
            del known[next(iter(known))]
        return found

    def _is_own(self, dataset: Dataset) -> bool:
        """Tell whether a corpus is that of the run, which may have been begun anew meanwhile."""
        try:
            check_corpus(self.paths, dataset.fingerprint)
        except BadInputError:
            return False
        return True

    def sample(self, text: str | None, *, least: int = 2) -> Sample:
        """Return the user's text as one sequence, or a sample of held-out ones.

        Raises BadInputError for a text of fewer than `least` tokens, or for a classifier's, whose
        class nobody knows.
        """
        device = self.loaded.model.device
        if text is None:
            length = min(LENGTH, max(self.loaded.config.length, least))
            return draw_sample(self.dataset.splits["val"], ROWS, length, device)
        if self.loaded.config.task == "classify":
            raise BadInputError(
                "the class of this text is not known", "leave --text out: documents of the run"
            )
        ids = self.read(text, least=least)
        ids_1T = torch.from_numpy(self.with_start(ids))[None].to(device)
        return Sample(ids_1T[:, :-1], ids_1T[:, 1:])

    def read(self, text: str | None, *, least: int = 1, most: int | None = None) -> Ids:
        """Return the tokens of the user's text, or of held-out text where there is none.

        Raises BadInputError where there are fewer than `least`.
        """
        vocabulary = self.loaded.vocabulary
        if text is None:
            ids = self._held_out(most or 2000)
        else:
            ids = encode_prompt(vocabulary, text).tokens
        if len(ids) < least:
            what = "the text" if text is not None else "the held-out text"
            raise BadInputError(
                f"{what} has {len(ids)} {self.noun}s; this needs {least} at least",
                "give a longer --text",
            )
        return ids if most is None else ids[:most]

    def with_start(self, ids: Ids) -> Ids:
        """Return tokens with what a model of sentences reads before the first one."""
        eos = self.loaded.vocabulary.eos
        if eos is None or (len(ids) and ids[0] == eos):
            return ids
        return torch.cat([torch.tensor([eos]), torch.from_numpy(ids)]).numpy()

    def _held_out(self, most: int) -> Ids:
        """Return held-out text from its beginning; sentences and documents one after another."""
        found: list[torch.Tensor] = []
        num_found = 0
        for batch in self.dataset.splits["val"].eval_batches():
            sizes_B = batch.lengths_B
            if sizes_B is None:
                sizes_B = (batch.targets >= 0).sum(axis=1)
            for row, size in zip(batch.inputs_BT, sizes_B, strict=True):
                found.append(torch.from_numpy(row[: min(int(size), most - num_found)].copy()))
                num_found += len(found[-1])
                if num_found >= most:
                    return torch.cat(found).numpy()
        return torch.cat(found).numpy()


def check_finite(subject: InspectedModel, values: Iterable[float]) -> None:
    """Raise BadInputError where a model computes numbers that are none."""
    if not all(map(math.isfinite, values)):
        raise BadInputError(
            f"the numbers of {subject.name!r} overflow at step {subject.loaded.step}",
            "look at an earlier --checkpoint",
        )


def around(tokens: Sequence[str], place: int, num_before: int, num_after: int = 0) -> str:
    """Return a token in brackets, with so many letters on either side."""
    before = "".join(tokens[max(place - num_before, 0) : place])[-num_before:]
    after = "".join(tokens[place + 1 : place + 1 + num_after])[:num_after]
    return f"{before}[{tokens[place]}]{after}".replace("\n", "⏎")


def tokens_of(loaded: LoadedModel, ids: Ids) -> tuple[str, ...]:
    """Return tokens as a reader sees them.

    An end of sentence is a line end; words of documents, which have no blanks, are set apart.
    """
    vocabulary = loaded.vocabulary
    if vocabulary.kind == "lowercase":
        return tuple(f" {vocabulary.tokens[i]}" for i in ids.tolist())
    eos = vocabulary.eos
    return tuple("\n" if i == eos else vocabulary.tokens[i] for i in ids.tolist())
