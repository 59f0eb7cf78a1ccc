"""The texts that a person reads: documents, docstrings, comments and strings of the package."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "rnnlab"

GRAMMARS = frozenset(
    f"rnnlab/corpora/{file.name}"
    for file in (PACKAGE / "corpora").glob("[!_]*.py")
    if "\ndef grammar() ->" in file.read_text(encoding="utf-8")
)
"""Modules whose strings are words of a generated text, which follow a grammar of their own."""


class Text(NamedTuple):
    """A piece of prose and the line of its file on which it begins."""

    line: int
    prose: str


def documents() -> list[Path]:
    """Return the Markdown files that a reader of the repository opens."""
    top = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
    return [*top, *sorted((ROOT / "docs").glob("*.md"))]


def modules() -> list[Path]:
    """Return the Python files of the package and of `docs`."""
    return [*sorted(PACKAGE.rglob("*.py")), *sorted((ROOT / "docs").glob("*.py"))]


def other_files() -> list[Path]:
    """Return the recipes and style sheets of the package."""
    return sorted([*PACKAGE.rglob("*.toml"), *PACKAGE.rglob("*.tcss")])


def name_of(file: Path) -> str:
    """Return the path of a file below the repository."""
    return file.relative_to(ROOT).as_posix()


def texts_of(file: Path) -> Iterator[Text]:
    """Yield the prose of a document, a Python file, a recipe or a style sheet."""
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        yield from markdown_texts(source)
    elif file.suffix != ".py":
        yield Text(1, source)
    else:
        yield from python_texts(source, has_strings=name_of(file) not in GRAMMARS)


def markdown_texts(source: str) -> Iterator[Text]:
    """Yield a document's paragraphs without code blocks and code spans; lines stay where they are.

    A glossary names words in order to replace them: the section with this title is left out.
    """
    lines, is_code, is_glossary = [], False, False
    for line in source.splitlines():
        if line.startswith("```"):
            is_code = not is_code
        if line.startswith("#"):
            is_glossary = line.lstrip("# ").lower() == "glossary"
        hidden = is_code or is_glossary or line.startswith(("    ", "```"))
        lines.append("" if hidden and not line.lstrip().startswith(("-", "*")) else line)
    text = re.sub(r"(`+).+?\1", _without_letters, "\n".join(lines), flags=re.DOTALL)
    start = 1
    for paragraph in re.split(r"(\n\s*\n)", text):
        if paragraph.strip():
            yield Text(start, paragraph)
        start += paragraph.count("\n")


def python_texts(source: str, *, has_strings: bool = True) -> Iterator[Text]:
    """Yield docstrings, comments and, unless excluded, all other strings with a blank in them."""
    if "#" in source:
        yield from _comments(source)
    nodes = nodes_of(source)
    inside = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    docstrings = {
        id(node.value)
        for node in nodes
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in nodes:
        match node:
            case ast.Constant(value=str(prose)) if id(node) not in inside and " " in prose:
                if has_strings or id(node) in docstrings:
                    yield Text(node.lineno, _without_code(prose))
            case ast.JoinedStr(values=parts) if has_strings:
                prose = "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts
                )
                if " " in prose:
                    yield Text(node.lineno, _without_code(prose))


@lru_cache(maxsize=1)
def nodes_of(source: str) -> tuple[ast.AST, ...]:
    """Return the syntax tree of a Python file as a list; several rules read the same file."""
    return tuple(ast.walk(ast.parse(source)))


def _comments(source: str) -> Iterator[Text]:
    """Yield comments; those on consecutive lines are one text."""
    start, block = 0, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        row, prose = token.start[0], token.string.lstrip("# ")
        if block and row == start + len(block):
            block.append(prose)
            continue
        if block:
            yield Text(start, "\n".join(block))
        start, block = row, [prose]
    if block:
        yield Text(start, "\n".join(block))


def _without_code(prose: str) -> str:
    return re.sub(r"`[^`\n]+`", _without_letters, prose)


def _without_letters(code: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "_", code[0])
