"""Divide a corpus into train, validation and test splits; the same seed gives the same splits."""

from __future__ import annotations

from typing import cast, get_args

import numpy as np

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._dataset import SplitName
from rnnlab.corpora._documents import Documents
from rnnlab.corpora._vocabulary import Ids
from rnnlab.settings.run_config import RunConfig


def hold_out(documents: Documents, config: RunConfig) -> dict[SplitName, Ids]:
    """Return the indices of the documents of each split, in random order.

    Uses the splits in the file. If the file has no splits, validation and test documents are drawn
    from all documents; if only the validation split is missing, it is drawn from the train split.
    With `val_fraction` = 0, there is no validation split unless the file has one. Drawing is
    stratified by class. Raises BadInputError if a split would be empty.
    """
    random = np.random.Generator(np.random.PCG64(config.seed))
    if documents.splits:
        names = np.array(documents.splits)
        rows = {name: np.flatnonzero(names == name) for name in _in_order(set(names.tolist()))}
        fractions: dict[SplitName, float] = {}
        if "val" not in rows and config.val_fraction:
            fractions["val"] = config.val_fraction
    else:
        rows = {"train": np.arange(len(documents))}
        fractions = {}
        if config.val_fraction:
            fractions["val"] = config.val_fraction
        if config.test_fraction:
            fractions["test"] = config.test_fraction
    sampled: dict[SplitName, list[Ids]] = {name: [] for name in ("train", *fractions)}
    for of_class in _by_class(documents, random.permutation(rows["train"])):
        begin = 0
        for name, fraction in fractions.items():
            end = begin + int(len(of_class) * fraction + 0.5)
            sampled[name].append(of_class[begin:end])
            begin = end
        sampled["train"].append(of_class[begin:])
    rows |= {name: np.concatenate(parts) for name, parts in sampled.items()}
    _check(rows, len(documents))
    return {name: random.permutation(rows[name]) for name in _in_order(rows)}


def check_fractions(config: RunConfig, size: int, noun: str, least: int) -> None:
    """Raise BadInputError if a fraction of a text is too small, but the text long enough.

    size: of the text, in `noun`s. least: number of them that a split needs.
    """
    if size < 10 * least:
        return  # the text is at fault
    for name, fraction in (("val", config.val_fraction), ("test", config.test_fraction)):
        if fraction and int(size * fraction) < least:
            raise BadInputError(
                f"{name}_fraction = {fraction:g} of {size:,} {noun}s is less than "
                f"{least} {noun}{'s' * (least > 1)}",
                f"raise --{name}-fraction",
            )


def consecutive(num_train: int, num_val: int, num_test: int) -> dict[SplitName, slice]:
    """Return the splits of a text as slices; without a split whose number is 0."""
    parts: dict[SplitName, slice] = {"train": slice(0, num_train)}
    if num_val:
        parts["val"] = slice(num_train, num_train + num_val)
    if num_test:
        parts["test"] = slice(num_train + num_val, num_train + num_val + num_test)
    return parts


def draw(documents: Documents, limit_chars: int, seed: int) -> Documents:
    """Return random documents with a total of about `limit_chars` characters, in file order.

    Every class of every split keeps its fraction of the characters, and at least one document.
    """
    sizes = np.array([len(text) for text in documents.texts])
    fraction = limit_chars / max(1, int(sizes.sum()))
    if fraction >= 1:
        return documents
    random = np.random.Generator(np.random.PCG64(seed))
    chosen: list[Ids] = []
    splits = np.array(documents.splits or ["train"] * len(documents))
    for name in sorted(set(splits.tolist())):
        shuffled = random.permutation(np.flatnonzero(splits == name))
        for of_class in _by_class(documents, shuffled):
            num_chars = np.cumsum(sizes[of_class])
            num_chosen = int(np.searchsorted(num_chars, fraction * num_chars[-1], "right"))
            chosen.append(of_class[: max(1, num_chosen)])
    return documents.select(np.sort(np.concatenate(chosen)).tolist())


def _by_class(documents: Documents, rows: Ids) -> list[Ids]:
    """Return the rows of each class that occurs, in their original order."""
    place = {name: i for i, name in enumerate(documents.classes)}
    labels = np.array([place[documents.labels[i]] for i in rows], dtype=np.int64)
    return [rows[labels == i] for i in np.unique(labels)]


def _in_order(names: set[str] | dict[SplitName, Ids]) -> list[SplitName]:
    return [cast(SplitName, name) for name in get_args(SplitName) if name in names]


def _check(rows: dict[SplitName, Ids], num_documents: int) -> None:
    for name, part in rows.items():
        if not len(part):
            raise BadInputError(
                f"{num_documents:,} documents are too few for a {name} split",
                "add documents" if name == "train" else f"add documents or raise --{name}-fraction",
            )
