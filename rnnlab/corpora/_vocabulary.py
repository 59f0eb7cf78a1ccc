"""The vocabulary of a model: encoding text to token ids and decoding ids to text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from rnnlab.base.display import named
from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import LIST_BYTES, read_text
from rnnlab.corpora._tokens import (
    EOS,
    NORMAL_FORMS,
    PAD,
    UNK,
    Alphabet,
    Kind,
    normalise,
    split_tokens,
    token_pattern,
)

Ids = npt.NDArray[np.int64]

_BEFORE_SPACE = frozenset(".,;:!?)]}»”%>")
"""Punctuation after which `decode` puts a space before <unk>, as after a letter or a digit."""


@dataclass(frozen=True)
class Vocabulary:
    """The special tokens of the task, followed by characters or words."""

    tokens: tuple[str, ...]
    """The tokens in order of their ids."""
    kind: Kind = "chars"
    """Characters, words with a leading space, or lowercase words without spaces."""
    alphabet: Alphabet = "unicode"
    """The alphabet to which texts are normalised."""
    classes: tuple[str, ...] = ()
    """The classes of a classifier in order of their ids; empty for a language model."""

    @classmethod
    def count(cls, text: str, specials: Sequence[str] = ()) -> Vocabulary:
        """Return a vocabulary of the specials and the text's characters in code point order."""
        return cls((*specials, *sorted(set(text))))

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self.tokens)}

    @property
    def noun(self) -> str:
        """Noun for a token, for messages: `character` or `word`."""
        return "character" if self.kind == "chars" else "word"

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """The text of each token in order of the ids; the text of EOS and padding is empty."""
        without_text = {self.eos, self.pad}
        return tuple("" if i in without_text else token for i, token in enumerate(self.tokens))

    @property
    def eos(self) -> int | None:
        """Id of the end of a sentence; None if the task has no EOS."""
        return self._ids.get(EOS)

    @property
    def unk(self) -> int | None:
        """Id of unknown tokens; None if unknown tokens are an error."""
        return self._ids.get(UNK)

    @property
    def pad(self) -> int | None:
        """Id of padding in a batch of documents; None for a language model."""
        return self._ids.get(PAD)

    def normalise(self, text: str) -> str:
        """Return a text normalised like the corpus: in the alphabet, with LF line ends."""
        return normalise(text, self.alphabet)

    def split(self, text: str) -> list[str]:
        """Return the tokens of a normalised text, whether they are in the vocabulary or not."""
        return split_tokens(text, self.kind)

    def ids_of(self, tokens: Sequence[str]) -> Ids:
        """Return the ids of tokens; unknown tokens become <unk>.

        Raises UnknownTokensError for unknown tokens if the vocabulary has no <unk>.
        """
        unknown = -1 if self.unk is None else self.unk
        get = self._ids.get
        ids = np.fromiter((get(token, unknown) for token in tokens), np.int64, len(tokens))
        if unknown < 0 and (ids < 0).any():
            raise UnknownTokensError(self.unknown(tokens))
        return ids

    def unknown(self, tokens: Sequence[str]) -> list[str]:
        """Return the unknown tokens, without repetitions; `<unk>` is known if it is a token."""
        known = self._ids
        unknown = [token for token in dict.fromkeys(tokens) if token not in known]
        return [token for token in unknown if token.strip(" ") != UNK] if UNK in known else unknown

    def encode(self, text: str) -> Ids:
        """Return the ids of a normalised text, one per token of `split`.

        If tokens are words, a literal `<unk>` is the unknown-word token. Raises what `ids_of` does.
        """
        return self.ids_of(self.split(text))

    def decode(self, ids: Iterable[int], after: str = "") -> str:
        """Return the text of ids, without EOS and padding; an unknown word is `<unk>`.

        after: the text that the ids continue. The ids do not show whether a space precedes an
        unknown word: one is added after a letter, a digit or closing punctuation.
        """
        without_text = {self.eos, self.pad}
        text_ids = [i for i in ids if i not in without_text]
        if self.kind == "lowercase":
            return " ".join(self.tokens[i] for i in text_ids)
        if self.kind == "chars" or self.unk not in text_ids:
            return "".join(self.tokens[i] for i in text_ids)
        pieces: list[str] = []
        last = after[-1:]
        for i in text_ids:
            needs_space = i == self.unk and (last.isalnum() or last in _BEFORE_SPACE)
            pieces.append(" " + UNK if needs_space else self.tokens[i])
            last = pieces[-1][-1]
        return "".join(pieces)

    def document(self) -> dict[str, Any]:
        """Return the vocabulary as JSON values, from which `load` restores it."""
        return {
            "kind": self.kind,
            "tokens": self.tokens,
            "alphabet": self.alphabet,
            "classes": self.classes,
        }

    def rules(self) -> dict[str, Any]:
        """Return how a text is encoded, as JSON values, for a program that is not rnnlab.

        eos, unk, pad: ids of the special tokens, or None. form: the normal form of Unicode to which
        a text is converted. pattern: regular expression whose matches are the tokens of a text.
        is_lowercase: whether a text is converted to lower case before it is divided.
        """
        return {
            "eos": self.eos,
            "unk": self.unk,
            "pad": self.pad,
            "form": NORMAL_FORMS[self.alphabet],
            "pattern": token_pattern(self.kind),
            "is_lowercase": self.kind == "lowercase",
        }

    def save(self, file: Path) -> None:
        """Write the vocabulary as JSON, atomically; raise OSError."""
        replace_text(file, json.dumps(self.document(), ensure_ascii=False) + "\n", durable=True)

    @classmethod
    def load(cls, file: Path) -> Vocabulary:
        """Return a saved vocabulary; also reads the older format, without words and classes.

        Raises RnnlabError if the file is missing or is not a vocabulary.
        """
        try:
            document = parse_json(read_text(file, LIST_BYTES))
            kind, alphabet = document.get("kind", "chars"), document.get("alphabet", "unicode")
            if kind not in get_args(Kind) or alphabet not in get_args(Alphabet):
                raise ValueError
            tokens, classes = document["tokens"], document.get("classes", ())
            return cls(tuple(map(str, tokens)), kind, alphabet, tuple(map(str, classes)))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise RnnlabError(f"{file} is missing or is not a vocabulary") from None


class UnknownTokensError(BadInputError):
    """The error for a text with characters or words that are not in the vocabulary."""

    def __init__(self, tokens: Sequence[str]) -> None:
        some = ", ".join(map(named, tokens[:5]))
        more = f" and {len(tokens) - 5} more" if len(tokens) > 5 else ""
        it = "it" if len(tokens) == 1 else "them"
        super().__init__(
            f"the model never saw {some}{more}",
            f"remove {it} from the text, or train on a corpus that has {it}",
        )
