"""Searches that take many steps in one call of C give the frames of single steps, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnnlab.decoding import BeamRules, Frame, LiveBeam, Prompt, SearchStart, parse_spec
from rnnlab.inference.steppers import make_stepper
from tests.toys.steppers import make_model, needs_native, start

pytestmark = needs_native
V, EOS, LENGTH = 23, 4, 20
PIECES = ["" if token == EOS else chr(97 + token) for token in range(V)]
PROMPTS = ((1, 2, 3), (5,), (6, 6))
ROWS = (
    "greedy", "first-sample", "sample", "sample:temperature=0.6", "sample:top_k=3", "sample:p=0.7",
    "sample:min_p=0.3", "sample:typical=0.5", "sample:epsilon=0.04", "sample:eta=0.1",
    "sample:sigma=1", "sample:repetition=1.5", "sample:presence=-0.7",
    "sample:frequency=0.6,last=5", "sample:min_length=9", "sample:eos=ban",
    "sample:top_k=99,temperature=1e-31",
    "greedy:repetition=100,last=2", "greedy:typical=0.4",
    "sample:repetition=1.1,presence=0.2,frequency=0.1,temperature=1.4,sigma=3,top_k=15,p=0.95,"
    "min_p=0.01,typical=0.95,epsilon=0.001,eta=0.001",
)  # fmt: skip
BEAMS = (
    "beam:k=1", "beam:k=4", "beam:k=30,n=3", "beam:k=4,length_penalty=0.8", "beam:k=4,gap=0.6",
    "beam:k=4,n=1,length_penalty=1,penalty=wu", "beam:k=4,early=full", "beam:k=3,early=never,gap=1",
    "beam:k=4,p=0.6", "beam:k=4,temperature=0.5,top_k=3", "beam:k=5,min_length=8,typical=0.6",
    "beam:k=4,eos=ban", "beam:k=40,top_k=2", "beam:k=2,rank=model,temperature=0.5",
)  # fmt: skip


class Counted:
    """A model whose writer is known to be asked, and its single steps."""

    def __init__(self, cell: str = "gru", likely_eos: float = 0.0) -> None:
        model = make_model(cell, num_tokens=V)
        model.head.bias.data[EOS] += likely_eos
        self.stepper = make_stepper(model, "native")
        self.num_steps = 0
        state, rows = start(model, self.stepper, len(PROMPTS)), np.arange(len(PROMPTS))
        last = np.array([prompt[-1] for prompt in PROMPTS])
        self.log_probs_PV, self.state = self.stepper.step(state, rows, last)

    def step(self, state: Any, parents_R: Any, tokens_R: Any) -> Any:
        self.num_steps += 1
        return self.stepper.step(state, parents_R, tokens_R)

    def frames(self, spec: str, eos: int | None, *, has_writer: bool) -> list[Frame]:
        begun = SearchStart(
            self.log_probs_PV, self.state, eos, [Prompt(prompt) for prompt in PROMPTS], PIECES,
            writer=self.stepper.writer if has_writer else None,
        )  # fmt: skip
        parsed = parse_spec(spec)
        chance = [np.random.default_rng([5, row]) for row in range(len(PROMPTS))]
        return list(parsed.decoder.search(self.step, begun, parsed.options, LENGTH, chance))


def contents(frames: list[Frame]) -> list[Any]:
    """Return all that a trace or a screen reads of the frames, the last frame first."""
    return [
        (
            frame.last,
            [(h.tokens(), h.token_logprobs(), h.score, h.end) for h in frame.hypotheses],
            [
                ([h.tokens() for h in e.hypotheses()], e.log_probs_RV.tobytes(),
                 e.filtered_RV.tobytes())
                for e in frame.expansions
            ],
            [
                ([(h.tokens(), h.score) for h in choose()], reason)
                for choose, reason in frame.pruned
            ],
        )
        for frame in reversed(frames)
    ]  # fmt: skip


@pytest.mark.parametrize("spec", [*ROWS, *BEAMS])
def test_the_frames_are_those_of_single_steps(spec: str) -> None:
    """With sentences that end, and with texts that have no end."""
    for likely_eos, eos in ((0.7, EOS), (0.0, None)):
        ahead, single = Counted(likely_eos=likely_eos), Counted(likely_eos=likely_eos)
        found = ahead.frames(spec, eos, has_writer=True)
        assert contents(found) == contents(single.frames(spec, eos, has_writer=False))
        # The step after the first tokens; those of a block only if rounding decided a choice.
        assert ahead.num_steps <= 1 + LENGTH // 3, "the writer was not asked, or was wrong"


@pytest.mark.parametrize(
    "spec", ['sample:ban="b"', "mirostat", 'beam:stop="ab"', "beam:presence=1"]
)
def test_filters_and_ends_that_the_writer_does_not_know_take_single_steps(spec: str) -> None:
    model = Counted()
    frames = model.frames(spec, None, has_writer=True)
    assert model.num_steps == len(frames) - 1


def test_a_stop_string_ends_a_text_within_a_block() -> None:
    spec = 'sample:stop="a|bc|dd"'
    found = contents(Counted().frames(spec, None, has_writer=True))
    assert found == contents(Counted().frames(spec, None, has_writer=False))
    assert "stop" in {end for _, _, _, end in found[0][1]}


def test_a_state_of_other_rows_is_refused() -> None:
    model = Counted()
    rules = BeamRules(2, 2, "decided", 0.0, float, LENGTH, None)
    beams = [LiveBeam(np.zeros(1), []) for _ in PROMPTS]
    writer = model.stepper.writer
    assert writer is not None
    write = writer.write_beams
    with pytest.raises(IndexError, match="log-probs"):
        write(model.state, model.log_probs_PV[:2], 3, 0, rules, beams, None)
    with pytest.raises(IndexError, match="2 live rows for a state of 3 rows"):
        write(model.state, model.log_probs_PV, 3, 0, rules, beams[:2], None)
