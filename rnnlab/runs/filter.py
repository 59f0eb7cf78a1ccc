"""The filter of the runs: words and comparisons, in the app and on the command line.

An expression consists of terms, separated by blanks; a run passes if all of them match.

    lstm            a text of the run (name, state, cell, corpus, task) contains the word
    cell:lstm       the cell contains the word
    val<1.5         a comparison of a figure: < <= > >= = !=
    a|b  !a  a*b    a or b; not a; * any characters, ? any character
    "two words"     one word with a blank
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import get_args

from rnnlab.base.errors import BadInputError, UnknownNameError
from rnnlab.runs.fields import FIGURES, TEXTS, Kind, value_of
from rnnlab.runs.records import State
from rnnlab.runs.summary import DIVERGED, RunSummary

Filter = Callable[[RunSummary], bool]
"""Returns True if a run passes."""

EXAMPLES = (
    ("lstm !failed -a|-b", "all words must match; !a: not a; a|b: a or b; *: any text"),
    ("state:running cell:gru", f"one text: {', '.join(TEXTS)}"),
    ("val<1.2 accuracy>90% age<2d", f"a figure: {', '.join(FIGURES)}"),
)
"""Pairs (example, explanation) for the help of the dialog."""

_TERM = re.compile(r'(?:[^\s"]|"[^"]*")+')
_FIELD = re.compile(r"([A-Za-z_]+)(<=|>=|!=|[<>=:])(.*)", re.DOTALL)
_VALUE = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)([A-Za-z%]?)")
_UNITS: dict[Kind, dict[str, float]] = {
    "number": {"": 1, "k": 1e3, "M": 1e6, "m": 1e6, "G": 1e9, "g": 1e9},
    "fraction": {"": 1, "%": 0.01},
    "duration": {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400},
}
_VALUES: dict[Kind, str] = {"number": "1.5 or 10k", "fraction": "90%", "duration": "30m, 2h or 3d"}


def _is_near(value: float, wanted: float) -> bool:
    """Return True if two values are equal as displayed; whole numbers must be equal exactly."""
    return value == wanted or (
        not float(value).is_integer() and math.isclose(value, wanted, rel_tol=1e-4)
    )


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": _is_near,
    "!=": lambda value, wanted: not _is_near(value, wanted),
}  # fmt: skip


@lru_cache(maxsize=64)
def parse_filter(text: str) -> Filter:
    """Return the filter that an expression describes; the empty one passes every run.

    Raise BadInputError if a term cannot be understood.
    """
    if text.count('"') % 2:
        raise BadInputError("a quotation mark is not closed", 'write "two words"')
    terms = [_term(term) for term in _TERM.findall(text)]
    return lambda summary: all(term(summary) for term in terms)


def _term(text: str) -> Filter:
    if text.startswith("!"):
        if text == "!":
            raise BadInputError("'!' excludes a word that is missing", "write !failed")
        inner = _term(text[1:])
        return lambda summary: not inner(summary)
    field = _FIELD.fullmatch(text)
    if field is None:
        return partial(_has_word, tuple(TEXTS), _patterns(text))
    name, sign, value = field.groups()
    name = _full_name(name.lower())
    if name in TEXTS:
        if sign not in (":", "="):
            raise BadInputError(f"{name} is a text", f"write {name}:WORD")
        return _text_term(name, value)
    if sign == ":":
        raise BadInputError(f"{name} is a figure", f"compare it: {name}<VALUE or {name}>VALUE")
    return partial(_compares, name, _COMPARISONS[sign], _number(name, sign, value))


def _full_name(name: str) -> str:
    """Return the field that a name or its unique beginning means: `acc` is accuracy."""
    names = [*TEXTS, *FIGURES]
    matches = [known for known in names if known.startswith(name)]
    if name not in names and len(matches) == 1:
        return matches[0]
    if name not in names:
        raise UnknownNameError("field", name, names)
    return name


def _text_term(name: str, value: str) -> Filter:
    patterns = _patterns(value)
    if not patterns:
        raise BadInputError(f"the word after {name}: is missing", f"write {name}:WORD")
    states = (*get_args(State), DIVERGED)
    if name == "state" and not any(_fits(state, patterns) for state in states):
        raise UnknownNameError("state", value, states)
    return partial(_has_word, (name,), patterns)


def _patterns(text: str) -> tuple[re.Pattern[str], ...]:
    """Return a pattern for each alternative of a word; `*` and `?` stand for other characters."""
    choices = filter(None, text.replace('"', "").lower().split("|"))
    return tuple(
        re.compile(re.escape(choice).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
        for choice in choices
    )


def _fits(text: str, patterns: tuple[re.Pattern[str], ...]) -> bool:
    return any(pattern.search(text.lower()) for pattern in patterns)


def _has_word(names: tuple[str, ...], patterns: tuple[re.Pattern[str], ...], s: RunSummary) -> bool:
    return any(_fits(TEXTS[name](s), patterns) for name in names)


def _compares(
    name: str, compare: Callable[[float, float], bool], wanted: float, summary: RunSummary
) -> bool:
    """Return True if a run has the figure and the comparison holds."""
    value = value_of(name, summary)
    return value is not None and compare(value, wanted)


def _number(name: str, sign: str, text: str) -> float:
    kind = FIGURES[name].kind
    example = f"write {name}{sign}VALUE with a value such as {_VALUES[kind]}"
    if not text:
        raise BadInputError(f"the value after {name}{sign} is missing", example)
    match = _VALUE.fullmatch(text)
    factor = _UNITS[kind].get(match[2]) if match else None
    if match is None or factor is None:
        raise BadInputError(f"{text!r} is not a value of {name}", example)
    value = float(match[1]) * factor
    # A user who writes accuracy>90 means percent: a fraction is at most 1.
    return value / 100 if kind == "fraction" and value > 1 else value
