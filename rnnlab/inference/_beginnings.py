"""Beginnings of words: a prompt that ends within a word, and the prefix of a word model.

The token of a word includes the space before it, so neither of them is a token itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rnnlab.base.display import named
from rnnlab.base.errors import BadInputError
from rnnlab.corpora import UnknownTokensError, Vocabulary
from rnnlab.decoding import Spec


def unfinished_word(vocabulary: Vocabulary, text: str) -> str:
    """Return the word within which a normalised text ends, with its space; "" if there is none.

    Its vocabulary does not have the word, but longer words that begin with it.
    """
    if vocabulary.kind != "words" or not text or text[-1].isspace():
        return ""
    last = vocabulary.split(text)[-1]
    is_word = last[-1].isalnum() and bool(vocabulary.unknown([last]))
    return last if is_word and any(p.startswith(last) for p in vocabulary.pieces) else ""


def check_prefix(vocabulary: Vocabulary, spec: Spec) -> None:
    """Raise BadInputError if no token of the vocabulary can begin the prefix of a decoder."""
    prefix = _prefix(spec)
    if vocabulary.kind == "chars":
        unknown = vocabulary.unknown(vocabulary.split(prefix))
        if unknown:
            error = UnknownTokensError(unknown)
            raise BadInputError(f"in spec {spec.text!r}, prefix: {error.what}", "choose another")
    elif prefix and not any(_fits(vocabulary, one) for one in (prefix, f" {prefix}")):
        raise BadInputError(
            f"in spec {spec.text!r}, prefix: no word of the model begins with {named(prefix)}",
            "choose the beginning of a word that the model knows",
        )


def with_space(vocabulary: Vocabulary, spec: Spec, texts: Sequence[str]) -> Spec:
    """Return a spec whose prefix has the space that separates it from the texts, if it needs one.

    Without it, no word of a word model would continue any of the texts: `ca` after `the` begins
    the word ` cat`.
    """
    prefix = _prefix(spec)
    if vocabulary.kind != "words" or not prefix[:1].isalnum():
        return spec
    if any(_fits(vocabulary, prefix) and not text[-1:].isalnum() for text in texts):
        return spec
    return replace(spec, options=spec.options.model_copy(update={"prefix": f" {prefix}"}))


def _prefix(spec: Spec) -> str:
    return str(dict(spec.options.active_filters()).get("prefix", ""))


def _fits(vocabulary: Vocabulary, prefix: str) -> bool:
    """Return whether a token begins a prefix, or begins with it."""
    return any(p and (prefix.startswith(p) or p.startswith(prefix)) for p in vocabulary.pieces)
