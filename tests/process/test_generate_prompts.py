"""Many prompts at once, traces and trees on the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from rnnlab import registry

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Ask, Lab

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("trained")]

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
BEGINNINGS = ("Le roi", "La mer", "", "Un", "Le pain bon soir mange la nuit", "S")
DECODERS = ("greedy", "beam:k=3", "sample:temperature=0.8")


def prompts_of(num: int) -> list[str]:
    return [BEGINNINGS[n % len(BEGINNINGS)] + " roi" * (n // 6 % 7) for n in range(num)]


def specs(*decoders: str) -> list[str]:
    return [part for decoder in decoders for part in ("-d", decoder)]


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the figures that may be rounded otherwise, or say what a search found."""
    left_out = {"logprob", "score", "token_logprobs", "prompt_number"}
    return {k: v for k, v in answer.items() if k not in left_out}


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(prompts: list[str], name: str = "prompts.jsonl") -> Path:
        file = tmp_path / name
        file.write_text("".join(json.dumps(prompt) + "\n" for prompt in prompts))
        return file

    return write


@pytest.mark.parametrize("run", ["stream", "sentences"])
def test_two_hundred_prompts_are_answered_in_order_as_if_each_were_alone(
    ask: Ask, write: Any, monkeypatch: pytest.MonkeyPatch, run: str
) -> None:
    prompts = prompts_of(200)
    file = str(write(prompts))
    options = [*specs(*DECODERS), "--length", "6", "--num", "2", "--json"]
    found = ask("generate", run, "--prompts", file, *options).json
    order = [(answer["prompt"], answer["decoder"], answer["rank"]) for answer in found]
    each = [("greedy", 1), ("beam:k=3", 1), ("beam:k=3", 2)]
    each += [("sample:temperature=0.8", 1), ("sample:temperature=0.8", 2)]
    assert order == [(prompt, *one) for prompt in prompts for one in each]
    for number in (0, 2, 5, 77, 199):
        alone = ask("generate", run, "--prompt", prompts[number], *options).json
        mine = found[5 * number : 5 * number + 5]
        assert [told(answer) for answer in mine] == [told(answer) for answer in alone]
        for one, other in zip(mine, alone, strict=True):
            assert one["token_logprobs"] == pytest.approx(other["token_logprobs"], abs=1e-5)
    monkeypatch.setattr("rnnlab.cli._continuations._MAX_ROWS", 20)
    in_batches = ask("generate", run, "--prompts", file, *options).json
    assert [told(answer) for answer in in_batches] == [told(answer) for answer in found]


def test_no_more_rows_are_stepped_at_once_than_are_good(
    ask: Ask, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnnlab import models

    sizes = []
    whole = models.continue_texts

    def counted(loaded: Any, prompts: Any, *rest: Any) -> Any:
        sizes.append(len(prompts))
        return whole(loaded, prompts, *rest)

    monkeypatch.setattr(models, "continue_texts", counted)
    monkeypatch.setattr("rnnlab.cli._continuations._MAX_ROWS", 20)
    file = str(write(prompts_of(10)))
    ask("generate", "stream", "--prompts", file, "-d", "beam:k=5", "--length", "2", "--json")
    assert sizes == [4, 4, 2]
    sizes.clear()
    ask("generate", "stream", "--prompts", file, "-d", "beam:k=50", "--length", "2", "--json")
    assert sizes == [1] * 10


def test_prompts_of_a_text_file_are_shown_above_their_answers(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "p.txt"
    file.write_bytes("\ufeffLe roi\r\n\r\nLa mer\\nUn\n".encode())
    shown = ask("generate", "stream", "--prompts", str(file), *specs("greedy"), "--length", "5")
    lines = shown.stdout.splitlines()
    assert lines[0] == "Le roi"
    assert "La mer⏎Un" in lines
    assert sum("greedy #1" in line for line in lines) == 2
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
    assert all(answer["prompt_note"].startswith("never seen: ") for answer in document.json)


def test_letters_that_were_replaced_are_told(ask: Ask) -> None:
    options = ["--prompt", "Lé roi…日", *specs("greedy"), "--length", "5", "--unknown", "nearest"]
    (answer,) = ask("generate", "stream", *options, "--json").json
    assert answer["prompt"] == "Le roi..."
    assert answer["text"] == "Le roi..." + answer["continuation"]
    said = "never seen: read 'é' as 'e', '…' as '...'; left out '日'"
    assert answer["prompt_note"] == said
    several = ask("generate", "stream", *options, "-d", "beam:k=3")
    assert several.stderr == f"{said}\n"  # once, not in every column


@pytest.mark.parametrize("decoder", registry.names("decoding"))
@pytest.mark.parametrize("run", ["stream", "sentences"])
def test_a_trace_accounts_for_every_answer(
    ask: Ask, write: Any, tmp_path: Path, run: str, decoder: str
) -> None:
    prompts = ["Le roi", "", "La mer mange"]
    file, options = tmp_path / "trace.jsonl", {"exact": "exact:budget=50"}
    spec = options.get(decoder, f"{decoder}:p=0.95")
    num = ["--num", "2"] if "sample" in decoder else []
    arguments = ["--prompts", str(write(prompts)), "-d", spec, *num, "--length", "8"]
    found = ask("generate", run, *arguments, "--json", "--trace", str(file)).json
    assert found == ask("generate", run, *arguments, "--json").json
    lines = [json.loads(line, parse_constant=pytest.fail) for line in file.read_text().splitlines()]
    made = {h["id"]: h for line in lines for h in line["hypotheses"]}
    assert len(made) == sum(len(line["hypotheses"]) for line in lines)
    assert {(line["decoder"], *line["chain"]) for line in lines} == {(spec, *found[0]["chain"])}
    for number, prompt in enumerate(prompts):
        last = [line for line in lines if line["prompt"] == number and line["last"]]
        assert [line["sample"] for line in last] == list(range(len(last)))
        derived = []
        for answer in [answer for line in last for answer in line["answers"]]:
            tokens: list[str] = []
            node, total = answer["id"], 0.0
            while node:
                total += made[node]["token_logprob"]
                tokens = [made[node]["token"], *tokens]
                node = made[node]["parent"]
            derived.append((tokens, pytest.approx(total, abs=1e-6), answer["end"]))
        mine = [answer for answer in found if answer["prompt"] == prompt]
        assert [(a["tokens"], a["logprob"], a["end"]) for a in mine] == derived


def test_a_trace_numbers_the_prompts_of_all_batches(
    ask: Ask, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnlab.cli._continuations._MAX_ROWS", 4)
    file, decoders = tmp_path / "trace.jsonl", specs("greedy", "beam:k=2")
    prompts = str(write(prompts_of(5)))
    ask(
        "generate", "stream", "--prompts", prompts, *decoders, "--length", "3", "--trace", str(file)
    )
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    seen = {(line["prompt"], line["decoder"], line["step"]) for line in lines}
    expected = {(p, d, s) for p in range(5) for d in ("greedy", "beam:k=2") for s in (1, 2, 3)}
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
    found = []
    for line in tree:
        guide, branch = re.fullmatch(r"((?:│   |    )*(?:[├└]── )?)(.*)", line).groups()  # type: ignore[union-attr]
        depth = len(guide) // 4
        branch = branch.removeprefix("beam:k=4: Le roi ") if not depth else branch
        text, figures = re.fullmatch(r"(.*?)  (-?\d+\.\d\d.*)", branch).groups()  # type: ignore[union-attr]
        if "✗" in figures:
            continue
        path = [*path[:depth], text]
        if figures.endswith(("eos", "length")):
            found.append(("".join(path), figures.split()[0]))
    expected = [
        (
            answer["continuation"].replace("\n", "⏎") + "∎" * answer["finished"],
            f"{answer['logprob']:.2f}",
        )
        for answer in answers
    ]
    assert sorted(found) == sorted(expected)
    assert found[0] == expected[0]


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
    options = ["--prompt", "Lé", *specs(f'{decoder}:prefix="%"'), "--length", "4"]
    shown = ask("generate", "stream", *options, "--unknown", "nearest", "--tree").stdout
    assert "nothing was left" in " ".join(shown.split())
    assert re.search(r"^.*prefix=\"%\": Lé .*stuck", shown, re.MULTILINE)


@pytest.mark.parametrize("native", ["1", "0"])
def test_processes_write_the_same_whatever_their_threads(
    trained: Lab, write: Any, native: str
) -> None:
    arguments = ["--prompts", str(write(prompts_of(6))), *specs(*DECODERS), "--json"]
    command = [sys.executable, "-m", "rnnlab", "generate", "sentences", *arguments]
    documents = []
    for threads in ("1", "2", "2"):
        settings = {"OMP_NUM_THREADS": threads, "RNNLAB_THREADS": threads, "RNNLAB_NATIVE": native}
        ended = subprocess.run(
            command,
            capture_output=True,
            check=True,
            text=True,
            env={**trained.environment, **settings},
            cwd=trained.folder,
            timeout=60,
        )
        documents.append(json.loads(ended.stdout))
    one, two, again = documents
    assert two == again
    assert [told(answer) for answer in one] == [told(answer) for answer in two]
    within = 0.0 if native == "1" and _has_native() else 1e-5
    for few, more in zip(one, two, strict=True):
        pairs = zip(few["token_logprobs"], more["token_logprobs"], strict=True)
        assert max((abs(a - b) for a, b in pairs), default=0.0) <= within


def _has_native() -> bool:
    from rnnlab.models.steppers import native_report

    return "not available" not in native_report()
