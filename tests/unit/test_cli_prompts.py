"""Files of prompts, and how answers and trees look to people."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len

from rnnlab.cli._prompts import read_prompts
from rnnlab.cli._side_by_side import print_side_by_side, print_tree
from rnnlab.decoding import Branch
from rnnlab.errors import BadInputError
from rnnlab.runs.prompts import EOS, Answer

if TYPE_CHECKING:
    from pathlib import Path

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def answer(decoder: str = "greedy", rank: int = 1, **fields: Any) -> Answer:
    values = {
        "chain": [decoder], "text": "La mer monte", "continuation": " monte", "finished": False,
        "logprob": -3.0, "score": -3.0, "tokens": list(" monte"), "token_logprobs": [-0.5] * 6,
        "prompt": "La mer", "end": "length",
    }  # fmt: skip
    return Answer(decoder, rank=rank, **{**values, **fields})


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
    def test_a_line_that_is_no_prompt_is_named_by_its_number(self, write: Any, bad: str) -> None:
        file = write(f'"a\u2028"\n\n{bad}\n', "p.jsonl")
        with pytest.raises(BadInputError, match=r"p\.jsonl, line 3: no prompt"):
            read_prompts(file)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "holds no prompt"),
            (b" \n\r\n\t\n", "holds no prompt"),
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


class TestSideBySide:
    @pytest.fixture(params=[30, 80, 100, 200])
    def width(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
        monkeypatch.setenv("COLUMNS", str(request.param))
        return int(request.param)

    def test_twelve_specs_fit(self, width: int, capsys: pytest.CaptureFixture[str]) -> None:
        specs = [f"beam:k={k},p=0.9" for k in range(1, 13)]
        texts = ["mot " * 40, "x" * 300, "日本" * 60, "a\nb\n\nc"]
        print_side_by_side(
            [
                answer(spec, continuation=texts[i % 4], text="La mer" + texts[i % 4], note="n" * 90)
                for i, spec in enumerate(specs)
            ]
        )
        shown = capsys.readouterr().out
        assert max(map(cell_len, shown.splitlines())) <= width
        for spec in specs:
            assert f"{spec} #1" in shown

    def test_candidates_of_a_decoder_stay_together(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        beams = [answer("beam:k=3", rank) for rank in (1, 2, 3)]
        print_side_by_side([answer("greedy"), *beams])
        titles = [line for line in capsys.readouterr().out.splitlines() if "#" in line]
        assert [line.split() for line in titles] == [
            ["greedy", "#1"],
            ["beam:k=3", "#1", "beam:k=3", "#2", "beam:k=3", "#3"],
        ]

    def test_figures_score_end_and_note_are_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        ends = {"eos": "ended", "stop": "stopped", "time": "out of time", "stuck": "nothing was"}
        for end, words in ends.items():
            print_side_by_side([answer(end=end, score=-1.0, note="read 'é' as 'e'")])
            shown = " ".join(capsys.readouterr().out.split())
            assert "-3.00 nats, -0.50 a token, score -1.00" in shown
            assert words in shown
            assert "read 'é' as 'e'" in shown
        print_side_by_side([answer()])
        assert "score" not in capsys.readouterr().out

    def test_nothing_foreign_is_obeyed(self, capsys: pytest.CaptureFixture[str]) -> None:
        evil = "\x1b[31m\x07\x9b2J[bold]"
        print_side_by_side(
            [
                answer(
                    f"sample:ban={evil}", chain=[evil], text=evil * 2, continuation=evil, note=evil
                )
            ]
        )
        branch = Branch([evil, EOS], -1.0, "eos")
        print_tree(f"sample:ban={evil}", Branch([evil], branches=[branch]))
        shown = capsys.readouterr().out
        assert not CONTROL.search(shown)
        assert "[bold]" in shown
        assert "␛[31m" in shown

    def test_no_answer_is_said(self, capsys: pytest.CaptureFixture[str]) -> None:
        print_side_by_side([])
        assert "nothing" in capsys.readouterr().out

    def test_the_letter_that_leaves_the_best_is_marked(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from rnnlab.cli._side_by_side import _body

        def marked(found: Answer) -> str:
            body = _body(found)
            return "".join(body.plain[s.start : s.end] for s in body.spans if s.style == "reverse")

        assert marked(answer(parts_at=None)) == ""
        assert marked(answer(parts_at=0)) == " "
        assert marked(answer(parts_at=3)) == "n"
        assert marked(answer(parts_at=6)) == ""
        words = [" le", " roi", EOS]
        found = answer(tokens=words, continuation=" le roi", text="La mer le roi", parts_at=1)
        assert marked(found) == " "
        assert _body(found).plain == "La mer le roi"


def test_a_tree_is_printed_best_first_and_no_line_is_too_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    root = Branch(
        list("Le "), -1.0, branches=[
            Branch([*"roi", EOS], -2.5, "eos"),
            Branch(list("mer\nhaute"), -3.5, "length"),
            Branch(list("x" * 200), -9.0, "beyond the beam's width", is_alive=False),
        ],
    )  # fmt: skip
    print_tree("beam:k=2: A\n", root)
    shown = capsys.readouterr().out
    lines = shown.splitlines()
    assert max(map(cell_len, lines)) <= 60
    assert lines[0] == "beam:k=2: A⏎ Le   -1.00"
    assert "roi∎  -2.50 eos" in lines[1]
    assert "mer⏎haute  -3.50 length" in lines[2]
    assert "-9.00 ✗ beyond the beam's width" in "".join(line[4:] for line in lines[3:])


@pytest.mark.parametrize("width", [20, 80, 200])
def test_of_a_deep_tree_no_answer_is_lost(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    root = Branch(["r"])
    at = root
    for number in range(1500):
        at.branches = [Branch(["a"], -1.0), Branch([f"<{number}>"], -1.0, "length")]
        at = at.branches[0]
    print_tree("beam", root)
    shown = capsys.readouterr().out
    assert max(map(cell_len, shown.splitlines())) <= width
    assert {int(number) for number in re.findall(r"<(\d+)>", shown)} == set(range(1500))


def test_answers_of_all_kinds_are_json() -> None:
    from dataclasses import asdict

    assert {*json.loads(json.dumps(asdict(answer())))} >= {"prompt", "end", "parts_at", "note"}
