"""Shorthand for grammars: lists of words, choices that agree with each other, capital letters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

from rnnlab.corpora._generated import Option, Options
from rnnlab.corpora._grammar import Grammar

Rules = dict[str, dict[str, int]]
"""The templates of each symbol, with weights."""

_REFERENCE_TO_CAPITAL = re.compile(r"\{([A-Z]\w*)\}")
_CHOICES = {
    "()": re.compile(r"\(([^|)]*)\|([^)]*)\)"),
    "[]": re.compile(r"\[([^|\]]*)\|([^\]]*)\]"),
    "<>": re.compile(r"<([^|>]*)\|([^>]*)>"),
}
_MAX_CHARS = 50_000_000


def words(text: str) -> list[str]:
    """Return the parts of a text that commas separate; a line end in the text is a space."""
    return " ".join(text.split()).split(", ")


def lists(of_words: Mapping[str, list[str]]) -> Rules:
    """Return a rule for each list, with equally probable words."""
    return {name: dict.fromkeys(texts, 1) for name, texts in of_words.items()}


def written_out(rules: Mapping[str, Mapping[str, int]], brackets: str = "()") -> Rules:
    """Return the rules with each choice `(one|many)` expanded into two alternatives.

    A rule with a choice in its name becomes two rules: in one, every choice in the name and in the
    templates is replaced by its first option, in the other by its second option.
    """
    choice = _CHOICES[brackets]
    expanded: Rules = {}
    for name, alternatives in rules.items():
        for number in (r"\1", r"\2"):
            chosen = {choice.sub(number, text): w for text, w in alternatives.items()}
            expanded.setdefault(choice.sub(number, name), {}).update(chosen)
    return expanded


def with_capitals(rules: Rules) -> Rules:
    """Return the rules, and a new rule for each capitalised symbol that a template contains.

    `{Noun}` is `{noun}` with the first letter of its texts in upper case.
    """
    rules = dict(rules)
    waiting = list(rules)
    while waiting:
        for name in _REFERENCE_TO_CAPITAL.findall(" ".join(rules[waiting.pop()])):
            if name not in rules:
                small = rules[name[0].lower() + name[1:]]
                rules[name] = {_capital(text): weight for text, weight in small.items()}
                waiting.append(name)
    return rules


def text_options(letters: int) -> dict[str, Option]:
    """Return the options of a generated text; letters: the default of its length in characters."""
    return {
        "letters": Option(letters, 1_000, _MAX_CHARS, "approximate length in characters"),
        "seed": Option(1, 0, 2**31 - 1, "seed of the text"),
    }


def draw_text(grammar: Grammar, start: str, options: Options) -> str:
    """Return concatenated random texts of symbol `start`, at least `options["letters"]` long."""
    generator = Random(options["seed"])
    texts: list[str] = []
    num_chars = 0
    while num_chars < options["letters"]:
        texts.append(grammar.derive(start, generator).text)
        num_chars += len(texts[-1])
    return "".join(texts)


def _capital(template: str) -> str:
    place = 1 if template.startswith("{") else 0
    return template[:place] + template[place].upper() + template[place + 1 :]
