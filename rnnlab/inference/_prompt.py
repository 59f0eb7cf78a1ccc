"""Encode a prompt with the vocabulary of a model; replace or drop unknown characters."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from rnnlab.base.display import named
from rnnlab.base.errors import BadInputError
from rnnlab.corpora import Ids, UnknownTokensError, Vocabulary
from rnnlab.inference._beginnings import unfinished_word

Unknown = Literal["auto", "refuse", "drop", "nearest", "unk"]
"""Treatment of a character or word that is not in the vocabulary.

auto: `unk` if the vocabulary has <unk>, else `refuse`. refuse: raise an error. drop: remove it.
nearest: replace a letter by the same letter without accent, in the other case or in ASCII, and a
word by the most similar word; remove it if there is none. unk: read it as <unk>.
"""

_PLAIN = str.maketrans(
    {"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O"}
    | dict.fromkeys("“”„«»", '"')
    | dict.fromkeys("\u2018\u2019\u201a`\u00b4", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)
"""Characters that Unicode does not decompose, and their ASCII equivalents."""
_ALIKE = 0.75
"""Minimum similarity (difflib's ratio, 0 to 1) of an unknown word and its replacement."""


class EncodedPrompt(NamedTuple):
    """A prompt as text and as tokens of a vocabulary."""

    text: str
    tokens: Ids
    note: str
    """One line that lists the changes to the prompt; empty if there are none."""
    unfinished: str = ""
    """The beginning of the first word of the continuation, with its space; empty for any word."""


def begin_text(vocabulary: Vocabulary, text: str, unknown: Unknown = "auto") -> EncodedPrompt:
    """Encode a prompt that is to be continued; the arguments and errors are `encode_prompt`'s.

    If it ends within a word, `auto` and `nearest` make the continuation begin with that word.
    """
    if unknown in ("auto", "nearest"):
        whole = vocabulary.normalise(text)
        if word := unfinished_word(vocabulary, whole):
            prompt = encode_prompt(vocabulary, whole.removesuffix(word), unknown)
            note = f"continued as the beginning of a word: {named(word)}"
            notes = [prompt.note, note] if prompt.note else [note]
            return prompt._replace(note="; ".join(notes), unfinished=word)
    return encode_prompt(vocabulary, text, unknown)


def encode_prompt(vocabulary: Vocabulary, text: str, unknown: Unknown = "auto") -> EncodedPrompt:
    """Encode a prompt; `unknown` is the treatment of tokens that are not in the vocabulary.

    Raises UnknownTokensError, which lists these tokens, if they are refused.
    """
    if unknown not in get_args(Unknown):
        raise BadInputError(
            f"{unknown!r} is not a treatment of unknown characters",
            f"choose {', '.join(get_args(Unknown))}",
        )
    if unknown == "unk" and vocabulary.unk is None:
        raise BadInputError(
            "the vocabulary of this model has no <unk>", "choose refuse, drop or nearest"
        )
    text = vocabulary.normalise(text)
    if vocabulary.kind == "words":
        text = text.rstrip(" ")  # the space before a word is part of its token
    tokens = vocabulary.split(text)
    strange = vocabulary.unknown(tokens)
    if not strange:
        return EncodedPrompt(text, vocabulary.ids_of(tokens), "")
    if unknown == "auto":
        unknown = "refuse" if vocabulary.unk is None else "unk"
    if unknown == "refuse":
        raise UnknownTokensError(strange)
    if unknown == "unk":
        note = f"new to the model, read as <unk>: {_listed(list(map(named, strange)))}"
        return EncodedPrompt(text, vocabulary.ids_of(tokens), note)
    replaced: dict[str, str] = {}
    while strange:
        instead = dict.fromkeys(strange, "")
        if unknown == "nearest":
            instead = {token: _nearest(vocabulary, token) for token in strange}
        replaced |= instead
        tokens = vocabulary.split("".join(instead.get(token, token) for token in tokens))
        strange = vocabulary.unknown(tokens)
        unknown = "drop"  # neighbours of a dropped token may join into an unknown token
    return EncodedPrompt("".join(tokens), vocabulary.ids_of(tokens), _changes(replaced))


def _nearest(vocabulary: Vocabulary, token: str) -> str:
    """Return the known token nearest to an unknown one, or "" if no token is near."""
    known = _by_plain_form(vocabulary)
    plain = _plain_form(token)
    if not plain:
        return ""  # an accent without a letter
    if plain in known:
        return _in_case_of(token, known[plain])
    if vocabulary.kind == "chars":
        # The ASCII form may have several characters, such as the three dots of an ellipsis.
        return "".join(known[letter][0] for letter in plain if letter in known)
    import difflib

    # A replacement without the leading space would merge with the previous word.
    apart = [form for form in known if form.startswith(" ") or not plain.startswith(" ")]
    alike = difflib.get_close_matches(plain, apart, n=1, cutoff=_ALIKE)
    return _in_case_of(token, known[alike[0]]) if alike else ""


def _in_case_of(token: str, alike: list[str]) -> str:
    return next((one for one in alike if one.isupper() == token.isupper()), alike[0])


@lru_cache(maxsize=4)
def _by_plain_form(vocabulary: Vocabulary) -> dict[str, list[str]]:
    """Return the tokens of each plain form; a token that equals its plain form comes first."""
    special = {vocabulary.eos, vocabulary.unk, vocabulary.pad}
    tokens = [token for i, token in enumerate(vocabulary.tokens) if i not in special]
    by_form: dict[str, list[str]] = {}
    for token in sorted(tokens, key=lambda token: (token != _plain_form(token), token)):
        by_form.setdefault(_plain_form(token), []).append(token)
    return by_form


def _plain_form(token: str) -> str:
    """Return a token in lower-case ASCII without accents; a blank for a token of white space."""
    if token.isspace():
        return " "
    apart = unicodedata.normalize("NFKD", token.translate(_PLAIN)).casefold()
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _changes(instead: dict[str, str]) -> str:
    replaced = [f"{named(old)} as {named(new)}" for old, new in instead.items() if new]
    dropped = [named(old) for old, new in instead.items() if not new]
    changes = [f"read {_listed(replaced)}"] if replaced else []
    if dropped:
        changes.append(f"left out {_listed(dropped)}")
    return "new to the model: " + "; ".join(changes)


def _listed(changes: list[str]) -> str:
    some = ", ".join(changes[:5])
    return f"{some} and {len(changes) - 5} more" if len(changes) > 5 else some
