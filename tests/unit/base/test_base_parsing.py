"""Documents that others may have written."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import rnnlab
from rnnlab.base.parsing import parse_json, parse_toml

DEPTH = 100_000


def test_a_document_nested_too_deeply_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="too deeply"):
        parse_json("[" * DEPTH)
    with pytest.raises(ValueError, match="too deeply"):
        parse_toml("a = " + "[" * DEPTH)


def test_a_sound_document_is_read_and_a_broken_one_is_a_value_error() -> None:
    assert parse_json(b'{"a": [1]}') == {"a": [1]}
    assert parse_toml("a = [1]") == {"a": [1]}
    for parse, text in ((parse_json, "{"), (parse_toml, "a =")):
        with pytest.raises(ValueError, match=r".+"):
            parse(text)


@pytest.mark.parametrize("digits", ["9223372036854775808", "1" + "0" * 400, "9" * 5000])
def test_an_integer_of_more_than_64_bits_is_a_value_error(digits: str) -> None:
    """Arithmetic with floats and numpy's arrays would raise OverflowError for it."""
    for sign in ("", "-"):
        for parse, text in (
            (parse_json, f'{{"a": [{sign}{digits}]}}'),
            (parse_toml, f"[a]\nb = [{{c = {sign}{digits}}}]"),
        ):
            with pytest.raises(ValueError, match=r"64 bits|integer string"):
                parse(text)
    assert parse_json("-9223372036854775807") == parse_toml("a = -9223372036854775807")["a"]


def test_nothing_else_in_the_package_parses_json_or_toml() -> None:
    """Another parser's RecursionError would be a traceback."""
    found = []
    for file in Path(rnnlab.__file__).parent.rglob("*.py"):
        if file.name == "parsing.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("loads", "load"):
                module = node.value.id if isinstance(node.value, ast.Name) else ""
                if module in ("json", "tomllib"):
                    found.append(f"{file}:{node.lineno}")
    assert not found
