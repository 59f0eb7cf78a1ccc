"""The tokens of a model in the order of their ids; text to ids and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rnnlab.errors import BadInputError, RnnlabError

Ids = npt.NDArray[np.int64]

EOS = "<eos>"


@dataclass(frozen=True)
class Vocabulary:
    """Single characters, after the special tokens of the task."""

    tokens: tuple[str, ...]
    """Token of every id."""

    @classmethod
    def count(cls, text: str, specials: Sequence[str] = ()) -> Vocabulary:
        """Return the vocabulary of a text: the specials, then its characters in code order."""
        return cls((*specials, *sorted(set(text))))

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self.tokens)}

    @cached_property
    def _id_of_codepoint(self) -> Ids:
        """Up to the last known codepoint; one more entry stands for all beyond it."""
        ids = {ord(token): i for token, i in self._ids.items() if len(token) == 1}
        table = np.full(max(ids, default=-1) + 2, -1, dtype=np.int64)
        table[list(ids)] = list(ids.values())
        return table

    @property
    def eos(self) -> int | None:
        """Id of the end of a sentence; None where the task has no end."""
        return self._ids.get(EOS)

    def encode(self, text: str) -> Ids:
        """Return the ids of a text; raises BadInputError naming the letters it does not know."""
        codepoints = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        table = self._id_of_codepoint
        ids = table[np.minimum(codepoints, len(table) - 1)]
        if (ids < 0).any():
            unknown = "".join(dict.fromkeys(c for c in text if c not in self._ids))
            raise BadInputError(
                f"the model never saw {_shown(unknown)}",
                "write without, or train on a text with it",
            )
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids; special tokens are left out."""
        tokens = (self.tokens[i] for i in ids)
        return "".join(token for token in tokens if len(token) == 1)

    def save(self, file: Path) -> None:
        """Write the tokens as JSON."""
        file.write_text(
            json.dumps({"kind": "chars", "tokens": self.tokens}, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )

    @classmethod
    def load(cls, file: Path) -> Vocabulary:
        """Read what `save` wrote; raises RnnlabError when the file is missing or no vocabulary."""
        try:
            tokens = json.loads(file.read_text(encoding="utf-8"))["tokens"]
            return cls(tuple(str(token) for token in tokens))
        except (OSError, ValueError, TypeError, KeyError):
            raise RnnlabError(f"{file} is missing or no vocabulary") from None


def _shown(letters: str) -> str:
    some = ", ".join(repr(c) for c in letters[:5])
    return f"{some} and {len(letters) - 5} other letters" if len(letters) > 5 else some
