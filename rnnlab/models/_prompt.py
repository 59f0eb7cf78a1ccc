"""What a user has written, as a model can read it."""

from __future__ import annotations

import difflib
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import Ids, UnknownTokensError, Vocabulary

Unknown = Literal["auto", "refuse", "drop", "nearest", "unk"]
"""What is done with a letter or word that the model never saw.

auto: `unk` where the vocabulary has the token, else `refuse`. nearest: the letter without its mark,
in the other case or in plain type, the word that is spelled most alike; dropped where none is.
"""

_PLAIN = str.maketrans(
    {"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O"}
    | dict.fromkeys("“”„«»", '"')
    | dict.fromkeys("\u2018\u2019\u201a`\u00b4", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
)
"""Letters and marks that Unicode takes for no others, and what a typewriter has for them."""
_ALIKE = 0.75
"""How alike the spelling of two words is at least that are taken for each other, from 0 to 1."""


class EncodedPrompt(NamedTuple):
    """A prompt in the letters and tokens of a model."""

    text: str
    tokens: Ids
    note: str
    """What was changed, as one line; empty: nothing."""


def encode_prompt(vocabulary: Vocabulary, text: str, unknown: Unknown = "auto") -> EncodedPrompt:
    """Return a prompt with what the model never saw refused, dropped, replaced or as <unk>.

    Raises UnknownTokensError naming what is unknown where that is refused.
    """
    if unknown not in get_args(Unknown):
        raise BadInputError(f"{unknown!r} is no way", f"choose {', '.join(get_args(Unknown))}")
    if unknown == "unk" and vocabulary.unk is None:
        raise BadInputError(
            "this model knows no <unk>", "choose refuse, drop or nearest for unknown letters"
        )
    text = vocabulary.normalise(text)
    if vocabulary.kind == "words":
        text = text.rstrip(" ")  # the next word brings its own space
    tokens = vocabulary.split(text)
    strange = vocabulary.unknown(tokens)
    if not strange:
        return EncodedPrompt(text, vocabulary.ids_of(tokens), "")
    if unknown == "auto":
        unknown = "refuse" if vocabulary.unk is None else "unk"
    if unknown == "refuse":
        raise UnknownTokensError(strange)
    if unknown == "unk":
        note = f"never seen, read as <unk>: {_listed(list(map(repr, strange)))}"
        return EncodedPrompt(text, vocabulary.ids_of(tokens), note)
    replaced: dict[str, str] = {}
    while strange:
        instead = dict.fromkeys(strange, "")
        if unknown == "nearest":
            instead = {token: _nearest(vocabulary, token) for token in strange}
        replaced |= instead
        tokens = vocabulary.split("".join(instead.get(token, token) for token in tokens))
        strange = vocabulary.unknown(tokens)
        unknown = "drop"  # what grew together once something between was dropped
    return EncodedPrompt("".join(tokens), vocabulary.ids_of(tokens), _said(replaced))


def _nearest(vocabulary: Vocabulary, token: str) -> str:
    """Return the known token nearest to an unknown one, or "" where none is near."""
    known = _by_plain_form(vocabulary)
    plain = _plain_form(token)
    if not plain:
        return ""  # a mark without its letter
    if plain in known:
        return _in_case_of(token, known[plain])
    if vocabulary.kind == "chars":
        # One letter may be several in plain type, such as an ellipsis.
        return "".join(known[letter][0] for letter in plain if letter in known)
    # Without its space it would grow together with the word before.
    apart = [form for form in known if form.startswith(" ") or not plain.startswith(" ")]
    alike = difflib.get_close_matches(plain, apart, n=1, cutoff=_ALIKE)
    return _in_case_of(token, known[alike[0]]) if alike else ""


def _in_case_of(token: str, alike: list[str]) -> str:
    return next((one for one in alike if one.isupper() == token.isupper()), alike[0])


@lru_cache(maxsize=4)
def _by_plain_form(vocabulary: Vocabulary) -> dict[str, list[str]]:
    """Return the tokens by their plain form; of several with one form, the plainest first."""
    special = {vocabulary.eos, vocabulary.unk, vocabulary.pad}
    tokens = [token for i, token in enumerate(vocabulary.tokens) if i not in special]
    found: dict[str, list[str]] = {}
    for token in sorted(tokens, key=lambda token: (token != _plain_form(token), token)):
        found.setdefault(_plain_form(token), []).append(token)
    return found


def _plain_form(token: str) -> str:
    """Return a token without marks, in lower case and plain type; any white space is a blank."""
    if token.isspace():
        return " "
    apart = unicodedata.normalize("NFKD", token.translate(_PLAIN)).casefold()
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _said(instead: dict[str, str]) -> str:
    replaced = [f"{old!r} as {new!r}" for old, new in instead.items() if new]
    dropped = [repr(old) for old, new in instead.items() if not new]
    said = [f"read {_listed(replaced)}"] if replaced else []
    if dropped:
        said.append(f"left out {_listed(dropped)}")
    return "never seen: " + "; ".join(said)


def _listed(said: list[str]) -> str:
    some = ", ".join(said[:5])
    return f"{some} and {len(said) - 5} more" if len(said) > 5 else some
