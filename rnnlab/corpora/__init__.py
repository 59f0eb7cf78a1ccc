"""Text to ids: corpora, vocabularies and the tasks that cut a text into batches.

Never imports torch: arrays are numpy's, so that a corpus can be checked before a worker starts.
"""

from rnnlab.corpora._dataset import Batch, Dataset, Split, SplitName
from rnnlab.corpora._prepare import prepare
from rnnlab.corpora._text import (
    CorpusDescription,
    corpus_names,
    describe_corpora,
    find_corpus,
    read_corpus,
    shown_name,
    suggested_task,
)
from rnnlab.corpora._vocabulary import Vocabulary

__all__ = [
    "Batch",
    "CorpusDescription",
    "Dataset",
    "Split",
    "SplitName",
    "Vocabulary",
    "corpus_names",
    "describe_corpora",
    "find_corpus",
    "prepare",
    "read_corpus",
    "shown_name",
    "suggested_task",
]
