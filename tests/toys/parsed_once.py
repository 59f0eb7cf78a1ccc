"""Style sheets that each process parses once: the apps of all tests have the same ones.

Textual remembers what it has parsed for one app. A test session opens hundreds of apps, with a
handful of themes, and parsing was an eighth of what it takes to open one.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from textual.css import stylesheet
from textual.css.model import RuleSet
from textual.css.parse import parse
from textual.css.tokenize import tokenize_values
from textual.css.tokenizer import Token
from textual.css.types import CSSLocation


class _Tokens(dict[str, list[Token]]):
    """Tokens of the variables of one theme, compared by identity."""

    __hash__ = object.__hash__  # type: ignore[assignment]


@cache
def _tokens_of(variables: tuple[tuple[str, str], ...]) -> _Tokens:
    return _Tokens(tokenize_values(dict(variables)))


@cache
def _rules_of(
    scope: str, css: str, place: CSSLocation, tokens: _Tokens, is_default: bool, tie_breaker: int
) -> tuple[RuleSet, ...]:
    rules = parse(scope, css, place, None, tokens, is_default, tie_breaker)
    return tuple(rules)


def _tokenize_once(values: dict[str, str]) -> dict[str, list[Token]]:
    return _tokens_of(tuple(values.items()))


def _parse_once(
    scope: str,
    css: str,
    read_from: CSSLocation,
    variables: dict[str, str] | None = None,
    variable_tokens: dict[str, list[Token]] | None = None,
    is_default_rules: bool = False,
    tie_breaker: int = 0,
) -> Iterable[RuleSet]:
    if variables or not isinstance(variable_tokens, _Tokens):
        return parse(
            scope, css, read_from, variables, variable_tokens, is_default_rules, tie_breaker
        )
    return _rules_of(scope, css, read_from, variable_tokens, is_default_rules, tie_breaker)


def parse_styles_once() -> None:
    """Have the style sheets of every app share the rules that are parsed."""
    vars(stylesheet).update(parse=_parse_once, tokenize_values=_tokenize_once)
