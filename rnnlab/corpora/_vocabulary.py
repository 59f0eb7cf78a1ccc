"""The tokens of a model in the order of their ids; text to ids and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.corpora._tokens import EOS, PAD, UNK, Alphabet, Kind, normalise, split_tokens

Ids = npt.NDArray[np.int64]

_BEFORE_SPACE = frozenset(".,;:!?)]}»”%>")
"""Marks after which an unknown word is written with a space, as after a letter or a digit."""


@dataclass(frozen=True)
class Vocabulary:
    """Letters or words, after the special tokens of the task."""

    tokens: tuple[str, ...]
    """Token of every id."""
    kind: Kind = "chars"
    """What the tokens are: letters, words with the space before them, or bare words."""
    alphabet: Alphabet = "unicode"
    """The alphabet of the texts that were read."""
    classes: tuple[str, ...] = ()
    """Names of a classifier's classes in the order of their ids."""

    @classmethod
    def count(cls, text: str, specials: Sequence[str] = ()) -> Vocabulary:
        """Return the letters of a text: the specials, then its characters in code order."""
        return cls((*specials, *sorted(set(text))))

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self.tokens)}

    @property
    def noun(self) -> str:
        """What a token is called: a letter or a word."""
        return "character" if self.kind == "chars" else "word"

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """The text that each token adds; nothing for an end and for padding."""
        silent = {self.eos, self.pad}
        return tuple("" if i in silent else token for i, token in enumerate(self.tokens))

    @property
    def eos(self) -> int | None:
        """Id of the end of a sentence; None where the task has no end."""
        return self._ids.get(EOS)

    @property
    def unk(self) -> int | None:
        """Id of any token that is not in the vocabulary; None where there must be none."""
        return self._ids.get(UNK)

    @property
    def pad(self) -> int | None:
        """Id that fills up a batch of documents; None where nothing is padded with it."""
        return self._ids.get(PAD)

    def normalise(self, text: str) -> str:
        """Return a text as the corpora are read: in the alphabet, line ends as LF."""
        return normalise(text, self.alphabet)

    def split(self, text: str) -> list[str]:
        """Return the tokens of a normalised text, known or not."""
        return split_tokens(text, self.kind)

    def ids_of(self, tokens: Sequence[str]) -> Ids:
        """Return the ids of tokens; those not known are <unk>.

        Raises UnknownTokensError naming them where the vocabulary has no <unk>.
        """
        unknown = -1 if self.unk is None else self.unk
        get = self._ids.get
        ids = np.fromiter((get(token, unknown) for token in tokens), np.int64, len(tokens))
        if unknown < 0 and (ids < 0).any():
            raise UnknownTokensError(self.unknown(tokens))
        return ids

    def unknown(self, tokens: Sequence[str]) -> list[str]:
        """Return the tokens that are not known, each once; a literal <unk> is."""
        known = self._ids
        strange = [token for token in dict.fromkeys(tokens) if token not in known]
        return [token for token in strange if token.strip(" ") != UNK] if UNK in known else strange

    def encode(self, text: str) -> Ids:
        """Return the ids of a normalised text, one for each of `split`.

        A literal `<unk>` among words is that token. Raises UnknownTokensError like `ids_of`.
        """
        return self.ids_of(self.split(text))

    def decode(self, ids: Iterable[int], after: str = "") -> str:
        """Return the text of ids; ends and padding are left out, an unknown word is `<unk>`.

        after: the text that is continued. An unknown word has lost the space before it: among words
        one is written where the text so far ends in a letter, a digit or a closing mark.
        """
        silent = {self.eos, self.pad}
        kept = [i for i in ids if i not in silent]
        if self.kind == "lowercase":
            return " ".join(self.tokens[i] for i in kept)
        if self.kind == "chars" or self.unk not in kept:
            return "".join(self.tokens[i] for i in kept)
        pieces: list[str] = []
        last = after[-1:]
        for i in kept:
            needs_space = i == self.unk and (last.isalnum() or last in _BEFORE_SPACE)
            pieces.append(" " + UNK if needs_space else self.tokens[i])
            last = pieces[-1][-1]
        return "".join(pieces)

    def save(self, file: Path) -> None:
        """Write the vocabulary as JSON."""
        document = {
            "kind": self.kind,
            "tokens": self.tokens,
            "alphabet": self.alphabet,
            "classes": self.classes,
        }
        file.write_text(json.dumps(document, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Vocabulary:
        """Read what `save` wrote, now or before there were words and classes.

        Raises RnnlabError when the file is missing or no vocabulary.
        """
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            kind, alphabet = document.get("kind", "chars"), document.get("alphabet", "unicode")
            if kind not in get_args(Kind) or alphabet not in get_args(Alphabet):
                raise ValueError
            tokens, classes = document["tokens"], document.get("classes", ())
            return cls(tuple(map(str, tokens)), kind, alphabet, tuple(map(str, classes)))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            raise RnnlabError(f"{file} is missing or no vocabulary") from None


class UnknownTokensError(BadInputError):
    """A text has letters or words that a model does not know."""

    def __init__(self, tokens: Sequence[str]) -> None:
        some = ", ".join(repr(token) for token in tokens[:5])
        more = f" and {len(tokens) - 5} other letters" if len(tokens) > 5 else ""
        super().__init__(
            f"the model never saw {some}{more}", "write without, or train on a text with it"
        )
