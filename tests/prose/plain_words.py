"""The rules of plain words that a program can check; CONTRIBUTING.md explains them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.prose.texts import (
    Text,
    documents,
    modules,
    name_of,
    nodes_of,
    other_files,
    texts_of,
)

BANNED = {
    r"so many(?! that)": "write N or the name of the option",
    r"(?<!there )is no(?! (longer|more|later|earlier|less)\b)": 'write "is not a", or a verb',
    r"(writes|makes|gives|takes|needs|reads|leaves) none": 'write "does not write"',
    r"what holds": 'write "default" or another noun',
    r"what (was|is) (written|said|asked|told|meant)": 'name it: "the answers", "the text"',
    r"(said|says?|saying) so": "name who reports it, and where",
    r"(is|are|was|were) (said|told)": "name who reports it, and where",
    r"unless (told|said)( otherwise)?": 'write "by default"',
    r"(unless|where) \w+( \w+)? says otherwise": 'write "by default"',
    r"in passing": 'write "toast" or "notification"',
    r"go(es)? (first|before (it|them|the others|all))": 'write "overrides" or "comes first"',
    r"(start|begin)(s|ing)? afresh": 'write "reset" or "start from scratch"',
    r"(of|from|than) before": 'write the noun: "the previous steps"',
    r"that of the last": "repeat the noun",
    r"(one|those|lab|run|runs) without any": "repeat the noun",
    r"where (nothing|nobody|none)": 'write "if" or "when"',
    r"(nats|log-prob|loss) a (letter|character|word|token|document)": 'write "per character"',
    r"held[ -]out( \w+)? (text|figure|loss|part)s?": 'write "validation split" or "test split"',
    r"(is|are|was|were|be) given up": 'write "pruned", "abandoned" or "cancelled"',
    r"heights? logarithmic|logarithmic heights?": 'write "log scale (y)"',
    r"(a|the|each|every|this|one|plain|these|several) nets?": 'write "network" or "model"',
    r"errands?": 'write "task" or "background task"',
    r"old answers": 'write "stale answers"',
    r"a look (at|into|inside)|takes? a look": 'write "inspect", "view" or "refresh"',
    r"marked runs?": 'write "selected"',
    r"debiased average": 'write "EMA smoothing"',
    r"course of the (learning )?rate": 'write "schedule"',
    r"stands? beside": 'write "is next to" or "is stored in"',
    r"(let|lets|make|makes) the run wait": 'write "pause"',
}
"""Phrase, as a regular expression of whole words in lower case, and the replacement."""

BANNED_NAMES = frozenset({"found", "said", "made", "kept", "mine", "given", "taken", "told"})
"""Participles that do not name what a variable holds."""


class Breach(NamedTuple):
    """A place that breaks a rule."""

    file: str
    line: int
    words: str
    rule: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.words!r}: {self.rule}"


def _alternative(number: int, phrase: str) -> str:
    spaced = re.sub(r"(?<!there) ", r"\\s+", phrase)  # a look-behind has a fixed width
    return f"(?P<rule{number}>{re.sub(r'[(](?![?])', '(?:', spaced)})"


_ALTERNATIVES = "|".join(_alternative(number, phrase) for number, phrase in enumerate(BANNED))
_PATTERN = re.compile(rf"\b(?<!-)(?:{_ALTERNATIVES})(?![\w-])")
_RULES = tuple(BANNED.values())


def phrases(text: Text, file: str = "") -> Iterator[Breach]:
    """Yield the banned phrases of a text."""
    for match in _PATTERN.finditer(text.prose.lower()):
        line = text.line + text.prose.count("\n", 0, match.start())
        rule = _RULES[int(str(match.lastgroup).removeprefix("rule"))]
        yield Breach(file, line, " ".join(match[0].split()), rule)


def local_names(source: str, file: str = "") -> Iterator[Breach]:
    """Yield the assignments to banned names, except fields of a class (they may be JSON fields)."""
    nodes = nodes_of(source)
    fields = {
        id(target)
        for node in nodes
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        for target in ast.iter_child_nodes(statement)
        if isinstance(statement, ast.Assign | ast.AnnAssign)
    }
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()) if name in BANNED_NAMES:
                if id(node) not in fields:
                    yield Breach(file, node.lineno, name, "name what the variable holds")


def breaches(file: Path) -> list[Breach]:
    """Return every breach of a file, by line."""
    name = name_of(file)
    all_of_them = [breach for text in texts_of(file) for breach in phrases(text, name)]
    if file.suffix == ".py":
        all_of_them += local_names(file.read_text(encoding="utf-8"), name)
    return sorted(all_of_them, key=lambda breach: breach.line)


def all_breaches() -> dict[str, list[Breach]]:
    """Return the breaches of every file that has some."""
    files = [*documents(), *modules(), *other_files()]
    by_file = {name_of(file): breaches(file) for file in files}
    return {name: places for name, places in by_file.items() if places}
