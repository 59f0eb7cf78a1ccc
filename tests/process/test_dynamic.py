"""Dynamic evaluation on the command line: evaluate, score and generate with `--dynamic`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.toys.numeric import assert_close

if TYPE_CHECKING:
    from pathlib import Path

    from tests.toys.lab import Ask, Lab

pytestmark = pytest.mark.process

SET = ["--dynamic-lr", "0.002", "--dynamic-decay", "0.01"]


def weights_of(lab: Lab, run: str) -> dict[str, str]:
    """Return the checksum of each file of weights."""
    files = sorted(lab.open(run).paths.root.rglob("*.safetensors"))
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.mark.parametrize("run", ["stream", "sentences"])
def test_evaluate_chooses_settings_and_prints_both_losses(ask: Ask, trained: Lab, run: str) -> None:
    before = weights_of(trained, run)
    fixed = ask("evaluate", run, "--json").json
    learning = ask("evaluate", run, "--dynamic", "--json").json
    chosen = learning["dynamic"]
    assert chosen["static_loss_nats"] == fixed["loss_nats"]
    assert learning["loss_nats"] <= fixed["loss_nats"]
    assert learning["num_tokens"] == fixed["num_tokens"]
    assert (chosen["window"], fixed["dynamic"], learning["training_val"]) == (20, None, None)
    assert chosen["searched_tokens"] > 0
    assert before == weights_of(trained, run)
    options = ["--dynamic-lr", str(chosen["lr"]), "--dynamic-decay", str(chosen["decay"])]
    shown = ask("evaluate", run, *options).stdout
    assert f"{learning['loss_nats']:.4f} nats" in shown, "the settings that were chosen, set"
    assert f"with fixed weights {fixed['loss_nats']:.4f} nats" in shown
    assert f"(lr {chosen['lr']:g}, decay {chosen['decay']:g}, window 20)" in shown


def test_another_text_is_read_with_settings_chosen_on_the_own_corpus(
    ask: Ask, trained: Lab
) -> None:
    options = ["--file", str(trained.text), "--split", "train", "--dynamic-window", "50"]
    learning = ask("evaluate", "stream", *options, "--json").json
    assert learning["dynamic"]["window"] == 50
    assert learning["dynamic"]["searched_tokens"] > 0


def test_a_score_learns_from_the_beginning_of_the_text(ask: Ask) -> None:
    text = "Le roi mange. " * 8
    fixed = ask("score", "stream", "--text", text, "--json").json
    learning = ask("score", "stream", "--text", text, *SET, "--json").json
    first = slice(0, 21)  # the first token, and the first piece
    logprobs = learning["token_logprobs"][first], fixed["token_logprobs"][first]
    assert_close(*logprobs, terms=60, dtype=np.float32)
    assert learning["logprob"] > fixed["logprob"]
    assert learning["dynamic"] == {"lr": 0.002, "decay": 0.01, "window": 20, "searched_tokens": 0}
    assert "learning from the text: lr 0.002" in ask("score", "stream", "--text", text, *SET).stderr


def test_generate_continues_each_prompt_with_weights_that_have_learnt_from_it(
    ask: Ask, tmp_path: Path
) -> None:
    prompts = tmp_path / "prompts.txt"
    repeated = "Le roi mange. " * 8
    prompts.write_text(f"{repeated}\nLa mer\n")
    options = ["-d", "greedy", "--length", "5"]
    several = ask("generate", "stream", "--prompts", str(prompts), *options, *SET, "--json").json
    for answer, prompt in zip(several, (repeated.rstrip("\n"), "La mer"), strict=True):
        alone = ask("generate", "stream", "--prompt", prompt, *options, *SET, "--json").json[0]
        assert answer["token_logprobs"] == alone["token_logprobs"]
    fixed = ask("generate", "stream", "--prompt", repeated, *options, "--json").json[0]
    assert fixed["token_logprobs"] != several[0]["token_logprobs"]
    shown = ask("generate", "stream", "--prompt", "La mer", *options, *SET)
    assert "learning from the prompt: lr 0.002, decay 0.01, window 20" in shown.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "stream", "--dynamic", "--split", "test"], "has no test split"),
        (["score", "stream", "--dynamic", "--text", "日"], "never saw '日'"),
        (["evaluate", "stream", "--dynamic-lr", "-1"], "--dynamic-lr"),
        (["evaluate", "stream", "--dynamic-decay", "2"], "--dynamic-decay"),
    ],
)
def test_what_cannot_be_learnt_is_refused(ask: Ask, arguments: list[str], words: str) -> None:
    ended = ask(*arguments, code=2)
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
