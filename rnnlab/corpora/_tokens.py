"""Normalisation and tokenisation of texts.

There are three kinds of tokens. `chars`: single characters. `words`: the words and punctuation
marks of a language model, each with the space before it, so the text can be restored. `lowercase`:
the words of a document for classification, without spaces and punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Kind = Literal["chars", "words", "lowercase"]
Alphabet = Literal["unicode", "ascii"]

NORMAL_FORMS: dict[Alphabet, Literal["NFC", "NFD"]] = {"unicode": "NFC", "ascii": "NFD"}
"""Normal form of Unicode to which a text is converted; for ASCII, all else is dropped then."""
EOS, PAD, UNK = "<eos>", "<pad>", "<unk>"

_SPACED_WORD = re.compile(rf" ?{UNK}| ?\w+(?:['’]\w+)*| ?[^\w\s]|\s")  # noqa: RUF001
"""Every character is in exactly one match, so the joined matches of a text are the text."""
_SENTENCE = re.compile(r"[^.?!]*[.?!]+|[^.?!]+$")
_BARE_WORD = re.compile(r"[^\W_]+")
_LINE_BREAK = re.compile(r"<br\s*/?>")
_WHITE_SPACE = re.compile(r"\s")
_CONTROL = dict.fromkeys([*range(0x20), 0x7F])


def normalise(text: str, alphabet: Alphabet = "unicode") -> str:
    """Return a text converted to an alphabet, with LF line ends.

    unicode: all characters, in NFC. ascii: the 95 printable characters of ASCII; diacritics are
    removed (NFD), white space and line ends become spaces, all other characters are dropped.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if alphabet == "ascii":
        bare = _WHITE_SPACE.sub(" ", unicodedata.normalize("NFD", text))
        return bare.encode("ascii", "ignore").decode("ascii").translate(_CONTROL)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text, each with its final `.`, `?` or `!`, with single spaces."""
    sentences = (" ".join(match[0].split()) for match in _SENTENCE.finditer(text))
    return [sentence for sentence in sentences if any(c.isalnum() for c in sentence)]


def split_tokens(text: str, kind: Kind) -> list[str]:
    """Return the tokens of a normalised text.

    chars: all characters. words: words (with inner apostrophes), punctuation marks and single
    white-space characters; a word or mark includes the space before it, so the joined tokens are
    the text. lowercase: sequences of letters and digits in lower case, without HTML line breaks.
    """
    if kind == "chars":
        return list(text)
    if kind == "words":
        return _SPACED_WORD.findall(text)
    text = text.lower()
    if "<br" in text:
        text = _LINE_BREAK.sub(" ", text)
    return _BARE_WORD.findall(text)


def token_pattern(kind: Kind) -> str:
    """Return the regular expression whose matches are the tokens of a normalised text."""
    if kind == "chars":
        return "(?s:.)"
    return (_SPACED_WORD if kind == "words" else _BARE_WORD).pattern
