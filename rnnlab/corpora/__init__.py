"""Corpora, vocabularies and tasks, which turn a text into batches of token ids.

Does not import torch, so the command line can check a corpus quickly; all arrays are numpy's.
"""

from typing import TYPE_CHECKING

from rnnlab.base.lazy import lazy_names

if TYPE_CHECKING:
    from rnnlab.corpora._add import AddOptions, add_corpus, check_name, check_source
    from rnnlab.corpora._built_in import CorpusSpec, made_names, parse_spec, write_made
    from rnnlab.corpora._dataset import IGNORED, Batch, Dataset, Split, SplitName, Unit, WordVectors
    from rnnlab.corpora._describe import (
        CorpusDescription,
        DocumentsDescription,
        describe_corpora,
        describe_documents,
    )
    from rnnlab.corpora._documents import Columns, Documents, read_documents, read_texts
    from rnnlab.corpora._encoding import Progress, named_encoding, silent
    from rnnlab.corpora._fetch import (
        Fetched,
        fetch_corpus,
        load_source,
        source_names,
        wanted_words,
        words_of,
    )
    from rnnlab.corpora._files import holds_documents, read_lines, reading
    from rnnlab.corpora._floor import Floor
    from rnnlab.corpora._grammar import Grammar, Symbol
    from rnnlab.corpora._prepare import Task, check, prepare
    from rnnlab.corpora._profile import CorpusProfile, Suggestion, look_into
    from rnnlab.corpora._repair import Errors, Repairs
    from rnnlab.corpora._resolve import (
        corpus_names,
        find_corpus,
        lasting_name,
        read_corpus,
        shown_name,
        suggested_task,
        suits,
    )
    from rnnlab.corpora._source import Request, Source
    from rnnlab.corpora._statistics import Bounds, Lengths
    from rnnlab.corpora._tokens import EOS, PAD, UNK
    from rnnlab.corpora._unpacking import UNLIMITED, UNPACK_LIMIT, UnpackedSizeError, UnpackLimit
    from rnnlab.corpora._vectors import read_vectors, vectors_width
    from rnnlab.corpora._vocabulary import Ids, UnknownTokensError, Vocabulary

__all__ = [
    "EOS",
    "IGNORED",
    "PAD",
    "UNK",
    "UNLIMITED",
    "UNPACK_LIMIT",
    "AddOptions",
    "Batch",
    "Bounds",
    "Columns",
    "CorpusDescription",
    "CorpusProfile",
    "CorpusSpec",
    "Dataset",
    "Documents",
    "DocumentsDescription",
    "Errors",
    "Fetched",
    "Floor",
    "Grammar",
    "Ids",
    "Lengths",
    "Progress",
    "Repairs",
    "Request",
    "Source",
    "Split",
    "SplitName",
    "Suggestion",
    "Symbol",
    "Task",
    "Unit",
    "UnknownTokensError",
    "UnpackLimit",
    "UnpackedSizeError",
    "Vocabulary",
    "WordVectors",
    "add_corpus",
    "check",
    "check_name",
    "check_source",
    "corpus_names",
    "describe_corpora",
    "describe_documents",
    "fetch_corpus",
    "find_corpus",
    "holds_documents",
    "lasting_name",
    "load_source",
    "look_into",
    "made_names",
    "named_encoding",
    "parse_spec",
    "prepare",
    "read_corpus",
    "read_documents",
    "read_lines",
    "read_texts",
    "read_vectors",
    "reading",
    "shown_name",
    "silent",
    "source_names",
    "suggested_task",
    "suits",
    "vectors_width",
    "wanted_words",
    "words_of",
    "write_made",
]

__getattr__ = lazy_names(
    __name__,
    {
        "_add": "AddOptions add_corpus check_name check_source",
        "_built_in": "CorpusSpec made_names parse_spec write_made",
        "_dataset": "IGNORED Batch Dataset Split SplitName Unit WordVectors",
        "_describe": ("CorpusDescription DocumentsDescription describe_corpora describe_documents"),
        "_documents": "Columns Documents read_documents read_texts",
        "_encoding": "Progress named_encoding silent",
        "_fetch": "Fetched fetch_corpus load_source source_names wanted_words words_of",
        "_files": "holds_documents read_lines reading",
        "_floor": "Floor",
        "_grammar": "Grammar Symbol",
        "_prepare": "Task check prepare",
        "_profile": "CorpusProfile Suggestion look_into",
        "_repair": "Errors Repairs",
        "_resolve": (
            "corpus_names find_corpus lasting_name read_corpus shown_name suggested_task suits"
        ),
        "_source": "Request Source",
        "_statistics": "Bounds Lengths",
        "_tokens": "EOS PAD UNK",
        "_unpacking": "UNLIMITED UNPACK_LIMIT UnpackedSizeError UnpackLimit",
        "_vectors": "read_vectors vectors_width",
        "_vocabulary": "Ids UnknownTokensError Vocabulary",
    },
)
