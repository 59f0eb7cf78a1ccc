"""What a user is told about a corpus made ready."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rnnlab.corpora._dataset import SplitName
from rnnlab.corpora._documents import Documents
from rnnlab.corpora._index import Indexed
from rnnlab.corpora._vocabulary import Ids, Vocabulary

_SHOWN_CLASSES = 10


def unknown_note(vocabulary: Vocabulary, indexed: Indexed, parts: Mapping[SplitName, slice]) -> str:
    """Return how much of each split is read as <unk>, to be added to a note; "" without one.

    parts: the tokens of each split.
    """
    if vocabulary.unk is None:
        return ""
    unit = "letters" if vocabulary.kind == "chars" else "words"
    named = ", ".join(
        f"{indexed.share(vocabulary, part):.1%} ({name})"
        for name, part in parts.items()
        if part.stop > part.start
    )
    return f"; unknown of the running {unit}: {named}" if named else ""


def documents_note(documents: Documents, rows: Mapping[SplitName, Ids]) -> str:
    """Return how many documents there are of each split and each class."""
    sizes = ", ".join(f"{len(part):,} {name}" for name, part in rows.items())
    labels = Counter(documents.labels)
    shares = [
        f"{name} {labels[name] / len(documents):.1%}" for name in documents.classes[:_SHOWN_CLASSES]
    ]
    if len(documents.classes) > _SHOWN_CLASSES:
        shares.append(f"{len(documents.classes) - _SHOWN_CLASSES:,} more")
    return (
        f"{len(documents):,} documents ({sizes}) of {len(documents.classes):,} classes "
        f"({', '.join(shares)})"
    )


def duplicates_note(documents: Documents, rows: Mapping[SplitName, Ids]) -> list[str]:
    """Return a note on documents held out that are trained on, too; none where there are none."""
    trained = {documents.texts[i] for i in rows["train"]}
    nums = {
        name: sum(documents.texts[i] in trained for i in part)
        for name, part in rows.items()
        if name != "train"
    }
    found = ", ".join(f"{num:,} of {name}" for name, num in nums.items() if num)
    return [f"documents that are among those to train on, too: {found}"] if found else []
