"""Many prompts at once, traces and trees on the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from rnnlab.base import registry
from tests.toys.lab import DEADLINE_S
from tests.toys.numeric import assert_close

if TYPE_CHECKING:
    from pathlib import Path

    from tests.toys.lab import Ask, Lab

pytestmark = pytest.mark.process

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
BEGINNINGS = ("Le roi", "La mer", "", "Un", "Le pain bon soir mange la nuit", "S")
NUM_ROWS = 512
"""Hypotheses of all prompts that `generate` steps at once, at most."""
DECODERS = ("greedy", "beam:k=3", "sample:temperature=0.8")


def prompts_of(num: int) -> list[str]:
    return [BEGINNINGS[n % len(BEGINNINGS)] + " roi" * (n // 6 % 7) for n in range(num)]


def specs(*decoders: str) -> list[str]:
    return [part for decoder in decoders for part in ("-d", decoder)]


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the figures that may be rounded otherwise, or say what a search found."""
    left_out = {"logprob", "score", "token_logprobs", "prompt_number"}
    return {k: v for k, v in answer.items() if k not in left_out}


def assert_same_logprobs(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Check log-probs that were computed in batches of other sizes, or by more threads."""
    # In float32, from sums over at most 16 states and 8 inputs, passed on from step to step.
    assert_close(one["token_logprobs"], other["token_logprobs"], terms=24, dtype=np.float32)


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(prompts: list[str], name: str = "prompts.jsonl") -> Path:
        file = tmp_path / name
        file.write_text("".join(json.dumps(prompt) + "\n" for prompt in prompts))
        return file

    return write


@pytest.mark.parametrize("run", ["stream", "sentences"])
def test_two_hundred_prompts_are_answered_in_order_as_if_each_were_alone(
    ask: Ask, write: Any, run: str
) -> None:
    prompts = prompts_of(200)
    file = str(write(prompts))
    options = [*specs(*DECODERS), "--length", "6", "--num", "2", "--json"]
    answers = ask("generate", run, "--prompts", file, *options).json
    order = [(answer["prompt"], answer["decoder"], answer["rank"]) for answer in answers]
    each = [("greedy", 1), ("beam:k=3", 1), ("beam:k=3", 2)]
    each += [("sample:temperature=0.8", 1), ("sample:temperature=0.8", 2)]
    assert order == [(prompt, *one) for prompt in prompts for one in each]
    in_a_batch = NUM_ROWS // 3
    for number in (0, 2, 5, 77, in_a_batch - 1, in_a_batch, 199):
        alone = ask("generate", run, "--prompt", prompts[number], *options).json
        together = answers[5 * number : 5 * number + 5]
        assert [told(answer) for answer in together] == [told(answer) for answer in alone]
        for one, other in zip(together, alone, strict=True):
            assert_same_logprobs(one, other)


def test_no_more_rows_are_stepped_at_once_than_are_good(
    ask: Ask, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnnlab import inference

    sizes: dict[str, list[int]] = {}
    whole = inference.prefill

    def counted(loaded: Any, prompts: Any, specs: Any) -> Any:
        sizes.setdefault(specs[0].text, []).append(len(prompts))
        return whole(loaded, prompts, specs)

    monkeypatch.setattr(inference, "prefill", counted)
    file = str(write(prompts_of(5)))
    arguments = ["generate", "stream", "--prompts", file, "--length", "2", "--json"]
    for width in (NUM_ROWS // 2, NUM_ROWS + 1):
        ask(*arguments, "-d", f"beam:k={width}")
    ask(*arguments, "-d", "sample", "-d", "greedy", "--num", str(NUM_ROWS // 4))
    assert sizes == {
        f"beam:k={NUM_ROWS // 2}": [2, 2, 1],
        f"beam:k={NUM_ROWS + 1}": [1] * 5,
        "sample": [4, 1],
    }


def test_prompts_of_a_text_file_are_shown_above_their_answers(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "p.txt"
    file.write_bytes("\ufeffLe roi\r\n\r\nLa mer\\nUn\n".encode())
    shown = ask("generate", "stream", "--prompts", str(file), *specs("greedy"), "--length", "5")
    lines = shown.stdout.splitlines()
    assert lines[0] == "Le roi"
    assert "La mer⏎Un" in lines
    assert any(line.startswith("Le roi") for line in lines[1:])
    found = ask("generate", "stream", "--prompts", str(file), *specs("greedy"), "--json").json
    assert [answer["prompt"] for answer in found] == ["Le roi", "La mer\nUn"]


def test_a_hostile_file_of_prompts_is_harmless(ask: Ask, write: Any) -> None:
    file = write(["Le \x1b]0;roi\x07 \x9b2J", "\ud800\x1b[31mLa", "\x1b[2J"])
    options = ["--prompts", str(file), *specs("greedy", "beam:k=2"), "--length", "5"]
    refused = ask("generate", "stream", *options, code=2)
    assert (refused.stdout, refused.stderr.count("\n")) == ("", 1)
    assert not CONTROL.search(refused.stderr)
    shown = ask("generate", "stream", *options, "--unknown", "nearest", "--tree")
    assert not CONTROL.search(shown.stdout + shown.stderr)
    assert "␛" in shown.stdout
    document = ask("generate", "stream", *options, "--unknown", "drop", "--json")
    assert document.stdout.isascii()
    assert document.json[-1]["prompt"].isprintable()
    assert all(answer["prompt_note"].startswith("new to the model: ") for answer in document.json)


def test_letters_that_were_replaced_are_told(ask: Ask) -> None:
    options = ["--prompt", "Lé roi…日", *specs("greedy"), "--length", "5", "--unknown", "nearest"]
    (answer,) = ask("generate", "stream", *options, "--json").json
    assert answer["prompt"] == "Le roi..."
    assert answer["text"] == "Le roi..." + answer["continuation"]
    said = "new to the model: read 'é' as 'e', '…' as '...'; left out '日'"
    assert answer["prompt_note"] == said
    several = ask("generate", "stream", *options, "-d", "beam:k=3")
    weights, *notes = several.stderr.splitlines()
    assert weights.startswith("stream at step 150 (last")
    assert notes == [said]  # once, not in every column


@pytest.mark.parametrize("decoder", registry.names("decoding"))
def test_a_trace_accounts_for_every_answer(
    ask: Ask, write: Any, tmp_path: Path, decoder: str
) -> None:
    prompts = ["Le roi", "", "La mer mange"]
    file, options = tmp_path / "trace.jsonl", {"exact": "exact:budget=50"}
    spec = options.get(decoder, f"{decoder}:p=0.95")
    num = ["--num", "2"] if "sample" in decoder else []
    arguments = ["--prompts", str(write(prompts)), "-d", spec, *num, "--length", "8", "--json"]
    for run in ("stream", "sentences"):
        answers = ask("generate", run, *arguments, "--trace", str(file)).json
        assert answers == ask("generate", run, *arguments).json, run
        lines = [json.loads(line, parse_constant=pytest.fail) for line in read_lines(file)]
        hypotheses = {h["id"]: h for line in lines for h in line["hypotheses"]}
        assert len(hypotheses) == sum(len(line["hypotheses"]) for line in lines), run
        chains = {(line["decoder"], *line["chain"]) for line in lines}
        assert chains == {(spec, *answers[0]["chain"])}, run
        for number, prompt in enumerate(prompts):
            last = [line for line in lines if line["prompt"] == number and line["last"]]
            assert [line["sample"] for line in last] == list(range(len(last))), run
            traced = [answer for line in last for answer in line["answers"]]
            given = [answer for answer in answers if answer["prompt"] == prompt]
            for leaf, answer in zip(traced, given, strict=True):
                path = path_to(leaf["id"], hypotheses)
                assert [node["token"] for node in path] == answer["tokens"], run
                assert leaf["end"] == answer["end"], run
                # Both sum the same numbers, perhaps in another order and precision.
                total = sum(node["token_logprob"] for node in path)
                assert_close(total, answer["logprob"], terms=8, dtype=np.float32)


def read_lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def path_to(leaf: int, hypotheses: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the hypotheses from the first token to a leaf."""
    path: list[dict[str, Any]] = []
    while leaf:
        path = [hypotheses[leaf], *path]
        leaf = hypotheses[leaf]["parent"]
    return path


def test_a_trace_numbers_the_prompts_of_all_batches(ask: Ask, write: Any, tmp_path: Path) -> None:
    wide = f"beam:k={NUM_ROWS // 2}"  # two prompts at once
    file, decoders = tmp_path / "trace.jsonl", specs("greedy", wide)
    prompts = str(write(prompts_of(3)))
    options = [*decoders, "--length", "2", "--trace", str(file)]
    ask("generate", "stream", "--prompts", prompts, *options)
    lines = [json.loads(line) for line in read_lines(file)]
    seen = {(line["prompt"], line["decoder"], line["step"]) for line in lines}
    expected = {(p, d, s) for p in range(3) for d in ("greedy", wide) for s in (1, 2)}
    assert seen == expected
    assert len(lines) == len(seen)


@pytest.mark.parametrize("target", ["nowhere/trace.jsonl", "."])
def test_a_trace_that_cannot_be_written_is_refused(ask: Ask, target: str) -> None:
    options = ["--prompt", "Le", *specs("greedy"), "--trace", target]
    ended = ask("generate", "stream", *options, code=2)
    assert (ended.stdout, ended.stderr.count("\n")) == ("", 1)
    assert f"cannot write {target}" in ended.stderr


def test_a_tree_shows_every_answer_once_and_where_they_part(ask: Ask) -> None:
    options = ["--prompt", "Le roi", *specs("beam:k=4"), "--length", "6"]
    answers = ask("generate", "sentences", *options, "--json").json
    shown = ask("generate", "sentences", *options, "--tree").stdout
    tree = shown[shown.index("beam:k=4: Le roi") :].splitlines()
    path: list[str] = []
    leaves = []
    for line in tree:
        guide, branch = re.fullmatch(r"((?:│   |    )*(?:[├└]── )?)(.*)", line).groups()  # type: ignore[union-attr]
        depth = len(guide) // 4
        branch = branch.removeprefix("beam:k=4: Le roi ") if not depth else branch
        text, figures = re.fullmatch(r"(.*?)  (-?\d+\.\d\d.*)", branch).groups()  # type: ignore[union-attr]
        if "✗" in figures:
            continue
        path = [*path[:depth], text]
        if figures.endswith(("eos", "length")):
            leaves.append(("".join(path), float(figures.split()[0])))
    texts = [
        answer["continuation"].replace("\n", "⏎") + "∎" * answer["finished"] for answer in answers
    ]
    assert sorted(text for text, _ in leaves) == sorted(texts)
    assert leaves[0][0] == texts[0]
    logprobs = dict(zip(texts, (answer["logprob"] for answer in answers), strict=True))
    for text, logprob in leaves:
        assert abs(logprob - logprobs[text]) < 0.006, f"{text}: printed with two decimals"


def test_samples_and_prompts_have_a_tree_each(ask: Ask, write: Any) -> None:
    file = str(write(["Le", "La"]))
    options = ["--prompts", file, *specs("sample", "greedy"), "--num", "2", "--length", "4"]
    shown = ask("generate", "stream", *options, "--tree").stdout
    titles = re.findall(r"^(sample|greedy): (Le|La) ", shown, re.MULTILINE)
    expected = [("sample", "Le")] * 2 + [("greedy", "Le")]
    assert titles == expected + [(decoder, "La") for decoder, _ in expected]


@pytest.mark.parametrize("columns", ["80", "200"])
def test_twelve_decoders_side_by_side_fit(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    twelve = [f"sample:top_k={k}" for k in range(2, 14)]
    shown = ask(
        "generate", "stream", "--prompt", "Le roi", *specs(*twelve), "--length", "60"
    ).stdout
    assert max(map(len, shown.splitlines())) <= int(columns)
    for spec in twelve:
        assert f"{spec} #1" in shown


@pytest.mark.parametrize("decoder", registry.names("decoding"))
def test_where_everything_is_forbidden_it_is_said(ask: Ask, decoder: str) -> None:
    options = ["--prompt", "Lé", *specs(f"{decoder}:prefix=e,ban=e"), "--length", "4"]
    ended = ask("generate", "stream", *options, "--unknown", "nearest", "--tree")
    shown = ended.stdout + ended.stderr  # there, if the decoder has a single candidate
    assert "no token left" in " ".join(shown.split())
    assert re.search(r"^.*prefix=e,ban=e: Lé .*stuck", shown, re.MULTILINE)


NATIVE_THEN_NOT = """
import os, sys
from rnnlab.cli import run
for native in "10":
    os.environ["RNNLAB_NATIVE"] = native
    sys.exit(2) if run(sys.argv[1:]) else print("end")
"""
"""Runs a command line twice in one process: torch is loaded once."""


def test_processes_write_the_same_whatever_their_threads(
    trained: Lab, ask: Ask, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["generate", "sentences", "--prompts", str(write(prompts_of(6)))]
    arguments += [*specs(*DECODERS), "--length", "20", "--json"]
    ended = subprocess.run(
        [sys.executable, "-c", NATIVE_THEN_NOT, *arguments],
        capture_output=True,
        check=True,
        text=True,
        env={**trained.environment, "OMP_NUM_THREADS": "2", "RNNLAB_THREADS": "2"},
        cwd=trained.folder,
        timeout=DEADLINE_S,
    )
    assert ended.stdout.isascii()
    assert ended.stderr == ""
    documents = map(json.loads, ended.stdout.removesuffix("end\n").split("end\n"))
    for native, two in zip(("1", "0"), documents, strict=True):
        monkeypatch.setenv("RNNLAB_NATIVE", native)
        one = ask(*arguments).json
        assert [told(answer) for answer in one] == [told(answer) for answer in two], native
        for few, more in zip(one, two, strict=True):
            if native == "1" and _has_native():  # it uses no threads: the same operations in order
                assert few["token_logprobs"] == more["token_logprobs"]
            assert_same_logprobs(few, more)


def _has_native() -> bool:
    from rnnlab.native import report as native_report

    return "not available" not in native_report()
