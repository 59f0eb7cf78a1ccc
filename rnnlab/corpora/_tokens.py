"""How a text becomes letters and tokens, before any of them has a number.

Three kinds of tokens: `chars`, single letters; `words`, the words of a language model, each with
the space before it, so that nothing is lost; `lowercase`, the bare words of a document to classify.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Kind = Literal["chars", "words", "lowercase"]
Alphabet = Literal["unicode", "ascii"]

EOS, PAD, UNK = "<eos>", "<pad>", "<unk>"

_SPACED_WORD = re.compile(rf" ?{UNK}| ?\w+(?:['’]\w+)*| ?[^\w\s]|\s")  # noqa: RUF001
"""Every letter is in exactly one match: the matches of a text, joined, are the text."""
_SENTENCE = re.compile(r"[^.?!]*[.?!]+|[^.?!]+$")
_BARE_WORD = re.compile(r"[^\W_]+")
_LINE_BREAK = re.compile(r"<br\s*/?>")
_WHITE_SPACE = re.compile(r"\s")
_CONTROL = dict.fromkeys([*range(0x20), 0x7F])


def normalise(text: str, alphabet: Alphabet = "unicode") -> str:
    """Return a text in an alphabet, line ends as LF.

    unicode: every letter, composed (NFC). ascii: the 95 printable letters of ASCII; marks are taken
    off their letters (NFD), white space and line ends become spaces, any other letter is dropped.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if alphabet == "ascii":
        bare = _WHITE_SPACE.sub(" ", unicodedata.normalize("NFD", text))
        return bare.encode("ascii", "ignore").decode("ascii").translate(_CONTROL)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text, each with its marks, white space made single spaces."""
    found = (" ".join(match[0].split()) for match in _SENTENCE.finditer(text))
    return [sentence for sentence in found if any(c.isalnum() for c in sentence)]


def split_tokens(text: str, kind: Kind) -> list[str]:
    """Return the tokens of a normalised text.

    chars: its letters. words: words with inner apostrophes, marks and single white spaces, each
    word and mark with one space before it where there is one; joined they are the text.
    lowercase: runs of letters and digits in lower case, HTML line breaks left out.
    """
    if kind == "chars":
        return list(text)
    if kind == "words":
        return _SPACED_WORD.findall(text)
    text = text.lower()
    if "<br" in text:
        text = _LINE_BREAK.sub(" ", text)
    return _BARE_WORD.findall(text)
