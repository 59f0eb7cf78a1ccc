"""Reading files of prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.cli._prompts import read_prompts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(content: str | bytes, name: str = "prompts.txt") -> Path:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return write


class TestFiles:
    @pytest.mark.parametrize(
        ("content", "prompts"),
        [
            ("a\nb\n", ["a", "b"]),
            ("a\nb", ["a", "b"]),
            ("a\r\nb\r\n", ["a", "b"]),
            ("\ufeffa\nb", ["a", "b"]),
            ("\n a \n\n \t\nb\n\n", [" a ", "b"]),
            (r"a\nb", ["a\nb"]),
            (r"\n", ["\n"]),
            (r"a\\nb", [r"a\nb"]),
            (r"a\\\nb", ["a\\\nb"]),
            ("a\\\\", ["a\\"]),
            (r"a\tb", [r"a\tb"]),
            ('"a"', ['"a"']),
            ("a\u2028b\x0cc\x85d\x1ee", ["a\u2028b\x0cc\x85d\x1ee"]),
        ],
    )
    def test_a_line_is_a_prompt(self, write: Any, content: str, prompts: list[str]) -> None:
        assert read_prompts(write(content)) == prompts

    @pytest.mark.parametrize(
        ("content", "prompts"),
        [
            ('"a"\n{"prompt": "b", "other": 1}\n', ["a", "b"]),
            ('\ufeff"a"\r\n\r\n""\r\n', ["a", ""]),
            (r'"a\nb\\n\u00e9"', ["a\nb\\né"]),
            ('"a\u2028b\u0085c"', ["a\u2028b\u0085c"]),
        ],
    )
    def test_a_line_of_json_is_a_prompt(self, write: Any, content: str, prompts: list[str]) -> None:
        assert read_prompts(write(content, "p.jsonl")) == prompts

    @pytest.mark.parametrize(
        "bad", ["7", "{}", "null", "a", '["a"]', '{"prompt": 7}', '{"prompt": null}', "[" * 99_999]
    )
    def test_an_invalid_line_is_named_by_its_number(self, write: Any, bad: str) -> None:
        file = write(f'"a\u2028"\n\n{bad}\n', "p.jsonl")
        with pytest.raises(BadInputError, match=r"p\.jsonl, line 3: not a prompt"):
            read_prompts(file)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "has no prompts"),
            (b" \n\r\n\t\n", "has no prompts"),
            (b"\x7fELF\xff\xfe\x00", "is not UTF-8"),
            ("café".encode("latin-1"), "is not UTF-8"),
        ],
    )
    @pytest.mark.parametrize("name", ["p.txt", "p.jsonl"])
    def test_a_file_without_prompts_is_refused(
        self, write: Any, name: str, content: bytes, words: str
    ) -> None:
        with pytest.raises(BadInputError, match=words):
            read_prompts(write(content, name))

    def test_a_file_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        for file in (tmp_path / "nowhere.txt", tmp_path):
            with pytest.raises(BadInputError, match="cannot read"):
                read_prompts(file)
