"""Texts too long for the memory: read in blocks, encoded once, the ids mapped from the disk.

A block ends before a space or a line end. Unicode's normal forms never join these to what stands
before them, and no word goes on there: the tokens of the blocks, end to end, are those of the text.
Where none comes for long, a text of letters is cut before any other ASCII one, of which the same
holds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._encoding import Progress, is_gzipped, open_bytes
from rnnlab.corpora._files import reading
from rnnlab.corpora._fingerprint import fingerprint
from rnnlab.corpora._index import Indexed, index
from rnnlab.corpora._resolve import read_corpus
from rnnlab.corpora._sizes import SIZES, Sizes
from rnnlab.corpora._store import Key, stored
from rnnlab.corpora._tokens import Alphabet, Kind, normalise, split_sentences

__all__ = ["Cut", "LongText", "Sizes", "index_text", "open_text"]

_GZIP_RATIO = 3
"""How much longer a text is than its gzipped file, at least."""
_WHOLE_SENTENCES = re.compile(r".*[.?!](?=[^.?!])", re.DOTALL)

Cut = Literal["stream", "sentences"]


@dataclass(frozen=True)
class LongText:
    """A text on disk, or the first letters of it."""

    file: Path
    limit_chars: int | None
    progress: Progress
    sizes: Sizes = SIZES

    def blocks(self, kind: Kind) -> Iterator[str]:
        """Give the text in composed blocks; raises BadInputError as `read_corpus` does."""
        left, most = self.limit_chars, self.sizes.block_chars
        rest = ""
        with reading(self.file, progress=self.progress) as stream:
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
        """Return where to cut what has neither a space nor a line end; 0: nowhere."""
        if kind == "words":
            raise BadInputError(
                f"{self.file} has {len(block):,} letters without a space", "use --tokens chars"
            )
        return next((i for i in range(len(block) - 1, 0, -1) if block[i].isascii()), 0)


def open_text(
    file: Path, limit_chars: int | None, progress: Progress, sizes: Sizes = SIZES
) -> str | LongText:
    """Return the text of a file, or the file itself where the text is too long."""
    try:
        size = file.stat().st_size * (_GZIP_RATIO if is_gzipped(file) else 1)
    except OSError as error:
        raise BadInputError(f"cannot read {file}: {error.strerror}") from None
    if min(size, size if limit_chars is None else limit_chars) < sizes.long_bytes:
        return read_corpus(file, limit_chars)
    return LongText(file, limit_chars, progress, sizes)


def index_text(
    text: str | LongText, cut: Cut, kind: Kind, alphabet: Alphabet
) -> tuple[Indexed, str]:
    """Return the tokens of a text, numbered, and its fingerprint.

    cut: `stream` takes it as one, `sentences` part by part. Those of a long text lie on disk.
    """
    if isinstance(text, str):
        letters = normalise(text, alphabet)
        if cut == "sentences":
            return index(split_sentences(letters), kind), fingerprint(text)
        # No token goes on over a line end; so a text needs no list of all its words.
        parts = [letters] if kind == "chars" else letters.splitlines(keepends=True)
        return index(parts, kind), fingerprint(text)
    key = Key(_content_sha256(text), cut, kind, alphabet, text.limit_chars)
    return stored(
        text.file, key, lambda digest: _parts(text, cut, kind, alphabet, digest), text.sizes
    )


def _parts(
    text: LongText, cut: Cut, kind: Kind, alphabet: Alphabet, digest: hashlib._Hash
) -> Iterator[list[str]]:
    """Give the parts of a text, some at a time; the whole of it goes through `digest`."""
    rest = ""
    for block in text.blocks(kind):
        digest.update(block.encode("utf-8", "surrogatepass"))
        letters = normalise(block, alphabet)
        if cut == "stream":
            yield [letters]
            continue
        letters = rest + letters
        found = _WHOLE_SENTENCES.match(letters)
        end = found.end() if found else 0
        yield split_sentences(letters[:end])
        rest = letters[end:]
    if rest:
        yield split_sentences(rest)


def _content_sha256(text: LongText) -> str:
    digest = hashlib.sha256()
    with open_bytes(text.file, text.progress) as stream:
        while block := stream.read(text.sizes.block_bytes):
            digest.update(block)
    return digest.hexdigest()
