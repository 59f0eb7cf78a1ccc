"""What a trained model writes, and what it thinks of it, on the command line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from rnnlab.base import registry
from tests.toys.numeric import assert_close

if TYPE_CHECKING:
    from tests.toys.lab import Ask, Lab

pytestmark = pytest.mark.process

FIELDS = {
    "decoder", "chain", "rank", "text", "continuation", "finished", "logprob", "score", "tokens",
    "token_logprobs", "prompt", "prompt_number", "prompt_note", "end", "parts_at", "note",
}  # fmt: skip
SPECS = [
    *registry.names("decoding"),
    "sample:temperature=0.7",
    "nucleus:p=0.8",
    "top-k:k=3",
    "beam:k=3",
    "beam:k=3,p=0.9",
]


TERMS = 24
"""Operations behind a log-prob: a sum over at most 16 states and 8 inputs; the errors of earlier
steps fade."""


def assert_same_logprobs(actual: list[float], expected: list[float]) -> None:
    """Check float32 log-probs, once computed step by step and once at once."""
    assert_close(actual, expected, terms=TERMS, dtype=np.float32)


def generate(ask: Ask, run: str, spec: str, *options: str) -> list[dict[str, Any]]:
    arguments = ["--prompt", "Le roi", "-d", spec, "--length", "25", "--json", *options]
    found = ask("generate", run, *arguments).json
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("spec", SPECS)
def test_the_log_probs_of_a_continuation_are_those_that_score_gives(ask: Ask, spec: str) -> None:
    for run in ("stream", "sentences"):
        answers = generate(ask, run, spec, "--num", "2")
        assert [answer["rank"] for answer in answers] == list(range(1, len(answers) + 1)), run
        for answer in answers:
            assert set(answer) == FIELDS
            assert answer["decoder"] == spec
            assert answer["prompt"] == "Le roi"
            assert answer["text"] == "Le roi" + answer["continuation"]
            assert answer["end"] == ("eos" if answer["finished"] else "length")
            best, tokens, place = answers[0]["tokens"], answer["tokens"], answer["parts_at"]
            assert (place is None) == (tokens == best)
            if place is not None:
                assert tokens[:place] == best[:place]
                assert tokens[place : place + 1] != best[place : place + 1]
            score = ask("score", run, "--text", answer["text"], "--json").json
            expected = score["token_logprobs"][len("Le roi") :]
            letters = answer["tokens"]
            if answer["finished"]:
                assert run == "sentences"
                expected.append(score["eos_logprob"])
                letters = letters[:-1]
            assert "".join(letters) == answer["continuation"]
            assert_same_logprobs(answer["token_logprobs"], expected)
            # The sum of at most 25 of them, each with the error of one.
            assert_close(answer["logprob"], math.fsum(expected), terms=25 * TERMS, dtype=np.float32)


def test_an_empty_prompt_starts_a_text(ask: Ask) -> None:
    arguments = ["--prompt", "", "-d", "greedy", "--length", "5", "--json"]
    for run in ("stream", "sentences"):
        (answer,) = ask("generate", run, *arguments).json
        score = ask("score", run, "--text", answer["text"], "--json").json
        assert_same_logprobs(answer["token_logprobs"], score["token_logprobs"])


def test_a_seed_decides_a_sample(ask: Ask) -> None:
    texts = [
        [answer["text"] for answer in generate(ask, "stream", "sample", "--num", "3", *seed)]
        for seed in (["--seed", "7"], ["--seed", "7"], ["--seed", "8"])
    ]
    assert texts[0] == texts[1] != texts[2]
    assert len(set(texts[0])) == 3


def test_sentences_end(ask: Ask) -> None:
    answers = generate(ask, "sentences", "beam:k=3", "--length", "100")
    assert any(answer["finished"] for answer in answers)
    assert all(answer["continuation"].endswith(".") for answer in answers if answer["finished"])


def test_a_score_is_the_mean_of_its_letters(ask: Ask) -> None:
    score = ask("score", "stream", "--text", "Le roi mange.", "--json").json
    assert score["tokens"] == list("Le roi mange.")
    assert_close(score["logprob"], sum(score["token_logprobs"]), terms=13, dtype=np.float32)
    assert score["loss_nats"] == pytest.approx(-score["logprob"] / 13)
    assert score["bits_per_char"] == pytest.approx(score["loss_nats"] / math.log(2))
    said = ask("score", "stream", "--text", "Le roi mange.").stdout
    assert f"{score['loss_nats']:.4f} nats per character" in said


@pytest.mark.parametrize("run", ["stream", "sentences"])
def test_the_loss_while_training_is_what_evaluate_finds(ask: Ask, trained: Lab, run: str) -> None:
    measured = ask("evaluate", run, "--json").json
    said = trained.open(run).status().val_loss
    assert said is not None
    # A mean of as many losses: rounding errors of one sign would add up to those of one loss.
    assert_same_logprobs([measured["loss_nats"]], [said])
    assert measured["perplexity"] == pytest.approx(math.exp(measured["loss_nats"]))
    assert measured["bits_per_char"] == pytest.approx(measured["loss_nats"] / math.log(2))
    assert 0 < measured["accuracy"] < 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["generate", "stream", "--prompt", "Le 日"], "never saw '日'"),
        (["score", "stream", "--text", "\x1b[31m"], "never saw '␛' (U+001B)"),
        (["generate", "stream", "--prompt", "a", "--checkpoint", "7"], "no checkpoint 7"),
        (
            ["generate", "stream", "--prompt", "a", "--checkpoint", "new"],
            "'new' is not a checkpoint; use live, last, best or a step",
        ),
        (["evaluate", "stream", "--split", "test"], "has no test split"),
        (["evaluate", "stream", "--file", "nowhere.txt"], "nowhere.txt"),
        (["evaluate", "stream", "--split", "all"], "all"),
    ],
)
def test_what_a_model_cannot_answer_is_refused(ask: Ask, arguments: list[str], words: str) -> None:
    ended = ask(*arguments, code=2)
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    assert words in ended.stderr


def test_a_single_candidate_goes_into_a_pipe_as_its_text_alone(ask: Ask) -> None:
    given = ["generate", "stream", "--prompt", "Le", "-d", "greedy", "--length", "10"]
    assert ask(*given).stdout == ask(*given, "--json").json[0]["text"] + "\n"


def test_answers_for_people_stand_under_their_decoders(ask: Ask) -> None:
    specs = ["-d", "greedy", "-d", "beam:k=2"]
    shown = ask("generate", "stream", "--prompt", "Le", *specs, "--length", "10").stdout
    for title in ("greedy #1", "beam:k=2 #1", "beam:k=2 #2"):
        assert title in shown
    assert "nats" in shown
