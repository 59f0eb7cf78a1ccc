"""Notes for the user about a prepared corpus; a run logs each note as an event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rnnlab.corpora._dataset import SplitName
from rnnlab.corpora._documents import Documents
from rnnlab.corpora._index import Indexed
from rnnlab.corpora._vocabulary import Ids, Vocabulary

_SHOWN_CLASSES = 10


def unknown_note(vocabulary: Vocabulary, indexed: Indexed, parts: Mapping[SplitName, slice]) -> str:
    """Return the fraction of <unk> in each split, to be appended to a note; "" without <unk>.

    parts: the tokens of each split.
    """
    if vocabulary.unk is None:
        return ""
    unit = "characters" if vocabulary.kind == "chars" else "words"
    fractions = ", ".join(
        f"{indexed.unknown_fraction(vocabulary, part):.1%} ({name})"
        for name, part in parts.items()
        if part.stop > part.start
    )
    return f"; unknown {unit} in the text: {fractions}" if fractions else ""


def documents_note(documents: Documents, rows: Mapping[SplitName, Ids]) -> str:
    """Return a note with the number of documents per split and their fraction per class."""
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in rows.items())
    labels = Counter(documents.labels)
    fractions = [
        f"{name} {labels[name] / len(documents):.1%}" for name in documents.classes[:_SHOWN_CLASSES]
    ]
    if len(documents.classes) > _SHOWN_CLASSES:
        fractions.append(f"{len(documents.classes) - _SHOWN_CLASSES:,} more")
    return (
        f"{len(documents):,} documents ({sizes}) of {len(documents.classes):,} classes "
        f"({', '.join(fractions)})"
    )


def duplicates_note(documents: Documents, rows: Mapping[SplitName, Ids]) -> list[str]:
    """Return a note on validation and test documents that are also in train; [] if none are."""
    train_texts = {documents.texts[i] for i in rows["train"]}
    nums = {
        name: sum(documents.texts[i] in train_texts for i in part)
        for name, part in rows.items()
        if name != "train"
    }
    duplicates = ", ".join(f"{num:,} of {name}" for name, num in nums.items() if num)
    return [f"documents that are also in the train split: {duplicates}"] if duplicates else []
