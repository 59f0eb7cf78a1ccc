"""Text to ids: corpora, vocabularies and the tasks that cut a text into batches.

Never imports torch: arrays are numpy's, so that a corpus can be checked before a worker starts.
"""

from rnnlab.corpora._dataset import IGNORED, Batch, Dataset, Split, SplitName, Unit, WordVectors
from rnnlab.corpora._describe import (
    CorpusDescription,
    DocumentsDescription,
    describe_corpora,
    describe_documents,
)
from rnnlab.corpora._documents import Documents, read_documents
from rnnlab.corpora._files import holds_documents
from rnnlab.corpora._floor import Floor
from rnnlab.corpora._made import Spec, made_names, parse_spec, write_made
from rnnlab.corpora._prepare import check, prepare
from rnnlab.corpora._text import (
    corpus_names,
    find_corpus,
    lasting_name,
    read_corpus,
    shown_name,
    suggested_settings,
    suggested_task,
)
from rnnlab.corpora._vectors import read_vectors, vectors_width
from rnnlab.corpora._vocabulary import Ids, UnknownTokensError, Vocabulary

__all__ = [
    "IGNORED",
    "Batch",
    "CorpusDescription",
    "Dataset",
    "Documents",
    "DocumentsDescription",
    "Floor",
    "Ids",
    "Spec",
    "Split",
    "SplitName",
    "Unit",
    "UnknownTokensError",
    "Vocabulary",
    "WordVectors",
    "check",
    "corpus_names",
    "describe_corpora",
    "describe_documents",
    "find_corpus",
    "holds_documents",
    "lasting_name",
    "made_names",
    "parse_spec",
    "prepare",
    "read_corpus",
    "read_documents",
    "read_vectors",
    "shown_name",
    "suggested_settings",
    "suggested_task",
    "vectors_width",
    "write_made",
]
