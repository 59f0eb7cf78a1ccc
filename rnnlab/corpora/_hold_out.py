"""Which documents are trained on and which held out; the same ones for the same seed."""

from __future__ import annotations

from typing import cast, get_args

import numpy as np

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._dataset import SplitName
from rnnlab.corpora._documents import Documents
from rnnlab.corpora._vocabulary import Ids
from rnnlab.settings.run_config import RunConfig


def hold_out(documents: Documents, config: RunConfig) -> dict[SplitName, Ids]:
    """Return the documents of each split by their places, in random order.

    The splits are those of the file. Where it names none, validation and test are drawn from all
    documents; where it names no validation, that is drawn from those to train on. What is drawn has
    the classes in the same shares. Raises BadInputError when a split would be empty.
    """
    random = np.random.Generator(np.random.PCG64(config.seed))
    if documents.splits:
        names = np.array(documents.splits)
        rows = {name: np.flatnonzero(names == name) for name in _in_order(set(names.tolist()))}
        wanted: dict[SplitName, float] = {} if "val" in rows else {"val": config.val_fraction}
    else:
        rows = {"train": np.arange(len(documents))}
        wanted = {"val": config.val_fraction}
        if config.test_fraction:
            wanted["test"] = config.test_fraction
    drawn: dict[SplitName, list[Ids]] = {name: [] for name in ("train", *wanted)}
    for of_class in _by_class(documents, random.permutation(rows["train"])):
        begin = 0
        for name, fraction in wanted.items():
            end = begin + int(len(of_class) * fraction + 0.5)
            drawn[name].append(of_class[begin:end])
            begin = end
        drawn["train"].append(of_class[begin:])
    rows |= {name: np.concatenate(parts) for name, parts in drawn.items()}
    _check(rows, len(documents))
    return {name: random.permutation(rows[name]) for name in _in_order(rows)}


def draw(documents: Documents, limit_chars: int, seed: int) -> Documents:
    """Return documents drawn at random, `limit_chars` letters or a little less, in file order.

    Every class of every split keeps its share of the letters, and at least one document.
    """
    sizes = np.array([len(text) for text in documents.texts])
    share = limit_chars / max(1, int(sizes.sum()))
    if share >= 1:
        return documents
    random = np.random.Generator(np.random.PCG64(seed))
    kept: list[Ids] = []
    splits = np.array(documents.splits or ["train"] * len(documents))
    for name in sorted(set(splits.tolist())):
        shuffled = random.permutation(np.flatnonzero(splits == name))
        for of_class in _by_class(documents, shuffled):
            letters = np.cumsum(sizes[of_class])
            num_kept = int(np.searchsorted(letters, share * letters[-1], "right"))
            kept.append(of_class[: max(1, num_kept)])
    return documents.select(np.sort(np.concatenate(kept)).tolist())


def _by_class(documents: Documents, rows: Ids) -> list[Ids]:
    """Return the rows of each class that occurs among them, in their order."""
    place = {name: i for i, name in enumerate(documents.classes)}
    labels = np.array([place[documents.labels[i]] for i in rows], dtype=np.int64)
    return [rows[labels == i] for i in np.unique(labels)]


def _in_order(names: set[str] | dict[SplitName, Ids]) -> list[SplitName]:
    return [cast(SplitName, name) for name in get_args(SplitName) if name in names]


def _check(rows: dict[SplitName, Ids], num_documents: int) -> None:
    for name, part in rows.items():
        if not len(part):
            raise BadInputError(
                f"{num_documents:,} documents leave none for {name}",
                f"give more documents{'' if name == 'train' else f', or a larger {name}_fraction'}",
            )
