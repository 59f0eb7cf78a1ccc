"""Texts too long for memory: read in blocks and encoded once; the ids are mapped from disk.

A block ends before a space or a line end. Unicode normalisation never joins either of them to the
previous character, and no word contains them, so the tokens of the text are the concatenated tokens
of the blocks. If the tokens are characters, a very long sequence without spaces is divided before
another ASCII character, which normalisation does not join to the previous character, either.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._encoding import Progress, is_gzipped, open_bytes
from rnnlab.corpora._files import reading
from rnnlab.corpora._fingerprint import fingerprint
from rnnlab.corpora._index import Indexed, index
from rnnlab.corpora._repair import Repairs
from rnnlab.corpora._resolve import read_corpus
from rnnlab.corpora._sizes import SIZES, Sizes
from rnnlab.corpora._store import Key, stored
from rnnlab.corpora._tokens import Alphabet, Kind, normalise, split_sentences

__all__ = ["Cut", "LongText", "Sizes", "index_text", "open_text"]

_GZIP_RATIO = 3
"""Assumed minimum ratio of the size of a text to its gzipped size."""
_WHOLE_SENTENCES = re.compile(r".*[.?!](?=[^.?!])", re.DOTALL)

Cut = Literal["stream", "sentences"]


@dataclass(frozen=True)
class LongText:
    """A text on disk that is read in blocks; only its first `limit_chars` characters, if set."""

    file: Path
    limit_chars: int | None
    progress: Progress
    sizes: Sizes = SIZES
    repairs: Repairs = field(default_factory=Repairs)

    def blocks(self, kind: Kind) -> Iterator[str]:
        """Yield the text in blocks, normalised to NFC; raises BadInputError like `read_corpus`."""
        left, most = self.limit_chars, self.sizes.block_chars
        rest = ""
        with reading(self.file, progress=self.progress, repairs=self.repairs) as stream:
            while block := stream.read(most if left is None else min(left, most)):
                if "\0" in block:
                    raise BadInputError(f"{self.file} is a binary file", "give a text file")
                left = None if left is None else left - len(block)
                block = rest + block
                end = max(block.rfind(" "), block.rfind("\n"))
                if end <= 0 and len(block) > self.sizes.most_chars:
                    end = self._end_within(block, kind)
                if end > 0:
                    yield normalise(block[:end])
                    block = block[end:]
                rest = block
        if rest:
            yield normalise(rest)

    def _end_within(self, block: str, kind: Kind) -> int:
        """Return the offset at which to divide a block without spaces or line ends; 0: do not."""
        if kind == "words":
            raise BadInputError(
                f"{self.file} has {len(block):,} characters in a row without a space",
                "use --tokens chars",
            )
        return next((i for i in range(len(block) - 1, 0, -1) if block[i].isascii()), 0)


def open_text(
    file: Path,
    limit_chars: int | None,
    progress: Progress,
    sizes: Sizes = SIZES,
    repairs: Repairs | None = None,
) -> str | LongText:
    """Return the text of a file, or a `LongText` if it is too long for memory.

    repairs: treatment of invalid bytes, by default an error.
    """
    try:
        size = file.stat().st_size * (_GZIP_RATIO if is_gzipped(file) else 1)
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror or error}") from None
    if min(size, size if limit_chars is None else limit_chars) < sizes.long_bytes:
        return read_corpus(file, limit_chars, repairs)
    return LongText(file, limit_chars, progress, sizes, repairs or Repairs())


def index_text(
    text: str | LongText, cut: Cut, kind: Kind, alphabet: Alphabet
) -> tuple[Indexed, str]:
    """Return the indexed tokens of a text, and its fingerprint.

    cut: `stream` keeps the text whole, `sentences` splits it. The tokens of a long text are stored
    on disk.
    """
    if isinstance(text, str):
        normalised = normalise(text, alphabet)
        if cut == "sentences":
            return index(split_sentences(normalised), kind), fingerprint(text)
        # No token crosses a line end: indexing line by line avoids a list of all words.
        parts = [normalised] if kind == "chars" else normalised.splitlines(keepends=True)
        return index(parts, kind), fingerprint(text)
    key = Key(_content_sha256(text), cut, kind, alphabet, text.limit_chars, text.repairs.errors)
    return stored(
        text.file,
        key,
        lambda digest: _parts(text, cut, kind, alphabet, digest),
        text.repairs,
        text.sizes,
    )


def _parts(
    text: LongText, cut: Cut, kind: Kind, alphabet: Alphabet, digest: hashlib._Hash
) -> Iterator[list[str]]:
    """Yield lists of parts (sentences or blocks) of a text; update `digest` with the whole text."""
    rest = ""
    for block in text.blocks(kind):
        digest.update(block.encode("utf-8", "surrogatepass"))
        normalised = normalise(block, alphabet)
        if cut == "stream":
            yield [normalised]
            continue
        normalised = rest + normalised
        match = _WHOLE_SENTENCES.match(normalised)
        end = match.end() if match else 0
        yield split_sentences(normalised[:end])
        rest = normalised[end:]
    if rest:
        yield split_sentences(rest)


def _content_sha256(text: LongText) -> str:
    digest = hashlib.sha256()
    with open_bytes(text.file, text.progress) as stream:
        while block := stream.read(text.sizes.block_bytes):
            digest.update(block)
    return digest.hexdigest()
