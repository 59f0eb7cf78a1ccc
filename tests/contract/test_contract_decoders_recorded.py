"""What the frames of every decoder have in common, checked over recorded searches of each spec.

Each spec searches the toy chain once for all invariants. A failure's traceback names the invariant,
and the id names the spec.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable

import numpy as np
import pytest

from rnnlab.base import registry
from rnnlab.decoding import Rows
from tests.toys.chain import (
    EOS,
    PROMPTS,
    TABLE,
    Array,
    Recording,
    assert_same_answers,
    contents,
    everyone,
    expected_logprobs,
    figures,
    letters,
    run,
    start_of,
    texts,
)
from tests.toys.numeric import assert_close

OPTIONS = (
    "",
    "temperature=0.5,p=0.8",
    "repetition=1.3,no_repeat=3",
    "min_length=3",
    "prefix=bad",
    'stop="ab|d"',
    'ban="b|ea",bias="c=1|ad=-2"',
)
SPECS = [
    f"{name}:{options}".rstrip(":")
    for name, options in itertools.product(registry.names("decoding"), OPTIONS)
]
BEST_SO_FAR = frozenset({"exact"})
"""Their frames are those of a proof, not one for each length; its end is not the texts'."""
GIVES_UP_COPIES = frozenset({"diverse-beam"})
"""A group gives up what another may keep."""


def no_global_chance_is_used_or_disturbed(recording: Recording) -> None:
    """The first two searches run under different global seeds: see also the one that follows."""

    def states() -> list[str]:
        return [repr(random.getstate()), repr(np.random.get_state())]  # noqa: NPY002

    for seed, search in ((1, lambda: recording.frames), (2, lambda: recording.at_once)):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        before = states()
        search()
        assert states() == before


def two_searches_of_one_seed_are_equal_whenever_frames_are_read(recording: Recording) -> None:
    """One is read late and one at once; the second also leaves the caller's arrays alone."""
    assert [contents(frame) for frame in recording.frames] == recording.at_once


def logprobs_are_the_chains_own_whatever_the_filters(recording: Recording) -> None:
    for hypothesis in everyone([*recording.frames, *recording.endless]):
        expected = expected_logprobs(hypothesis)
        # Each is taken from the table as it stands there.
        assert hypothesis.token_logprobs() == expected
        assert all(map(math.isfinite, expected))
        assert math.isfinite(hypothesis.score)
        assert_close(hypothesis.logprob, math.fsum(expected), terms=max(1, len(expected)))


def tokens_and_lengths_agree_along_the_path(recording: Recording) -> None:
    for hypothesis in everyone(recording.frames):
        path = hypothesis.path()
        assert path[-1] is hypothesis
        assert [node.length for node in path] == list(range(1, hypothesis.length + 1))
        assert [node.token for node in path] == hypothesis.tokens()
        assert {node.prompt for node in path} == {hypothesis.prompt}
        assert path[0].parent is not None
        assert path[0].parent.length == 0


def a_text_is_finished_if_and_only_if_something_ended_it(recording: Recording) -> None:
    stops = recording.spec.options.stop_strings()
    for eos, frames in ((EOS, recording.frames), (None, recording.endless)):
        hypotheses = everyone(frames)
        for hypothesis in hypotheses:
            is_stopped = any(stop in letters(hypothesis) for stop in stops)
            is_ended = eos is not None and hypothesis.token == eos
            expected = "eos" if is_ended else "stop" if is_stopped else None
            assert hypothesis.end == expected
            assert hypothesis.is_finished == (expected is not None)
            for node in hypothesis.path()[:-1]:
                assert not node.is_finished
                assert node.token != eos
                assert not any(stop in letters(node) for stop in stops)
        if eos is not None or stops:
            assert any(hypothesis.is_finished for hypothesis in hypotheses)


def every_token_is_one_that_the_filters_left(recording: Recording) -> None:
    """Asked of the filters themselves, a text at a time."""
    start, options = start_of(), recording.spec.options
    for hypothesis in everyone(recording.frames):
        text = [*PROMPTS[hypothesis.prompt], *hypothesis.tokens()]
        for i, node in enumerate(hypothesis.path()):
            assert node.parent is not None
            left_RV = options.filter(
                TABLE[text[i], text[i + 1]][None], Rows([node.parent], start, options.last)
            )
            assert left_RV[0, node.token] > -math.inf


def every_frame_has_every_prompt_best_first(recording: Recording) -> None:
    for frame in recording.frames:
        assert {h.prompt for h in frame.hypotheses} == {0, 1, 2}
        prompts = [h.prompt for h in frame.hypotheses]
        assert prompts == sorted(prompts)
        for prompt in range(3):
            scores = [score for _, _, score in figures(frame, prompt)]
            assert scores == sorted(scores, reverse=True)
            shown = [tuple(tokens) for tokens in texts(frame, prompt)]
            assert len(set(shown)) == len(shown)
            num_answers = max(1, recording.spec.options.num_answers())
            assert len(shown) <= num_answers or not frame.is_last


def the_last_frame_and_no_other_is_flagged(recording: Recording) -> None:
    for frames in (recording.frames, recording.endless, recording.alone[0]):
        flags = [frame.is_last for frame in frames]
        assert flags == [False] * (len(flags) - 1) + [True]


def expansions_hold_the_models_distribution_and_what_the_filters_left(
    recording: Recording,
) -> None:
    num_new = 0
    start, options = start_of(), recording.spec.options
    for frame in recording.frames:
        rows: dict[tuple[int, tuple[int, ...]], tuple[Array, Array]] = {}
        for expansion in frame.expansions:
            old = expansion.hypotheses()
            assert len(old) == len(expansion.log_probs_RV) == len(expansion.filtered_RV)
            for h, log_probs_V, filtered_V in zip(
                old, expansion.log_probs_RV, expansion.filtered_RV, strict=True
            ):
                text = [*PROMPTS[h.prompt], *h.tokens()]
                assert (log_probs_V == TABLE[text[-2], text[-1]]).all()
                left_RV = options.filter(log_probs_V[None], Rows([h], start, options.last))
                # A row among others may be summed in another order than alone.
                assert_close(filtered_V, left_RV[0], terms=len(filtered_V))
                assert not h.is_finished
                rows[h.prompt, tuple(h.tokens())] = log_probs_V, filtered_V
        for hypothesis in frame.hypotheses:
            parent = (hypothesis.prompt, tuple(hypothesis.tokens()[:-1]))
            if hypothesis.length and parent in rows:
                num_new += 1
                log_probs_V, filtered_V = rows[parent]
                assert hypothesis.token_logprob == log_probs_V[hypothesis.token]
                assert filtered_V[hypothesis.token] > -math.inf
    assert num_new > 0


def what_is_pruned_has_a_reason_and_is_not_an_answer(recording: Recording) -> None:
    for frame in recording.frames:
        shown = {(h.prompt, tuple(h.tokens())) for h in frame.hypotheses}
        for hypotheses, why in frame.pruned:
            assert why
            gone = {(h.prompt, tuple(h.tokens())) for h in hypotheses()}
            assert gone
            assert recording.spec.name in GIVES_UP_COPIES or not gone & shown


def no_text_is_longer_than_asked_and_streams_are_just_as_long(recording: Recording) -> None:
    spec = recording.spec
    for length in (1, 7):
        assert max(h.length for h in everyone(run(spec, length=length))) <= length
        frames = run(spec, start_of(eos=None), length)
        unstopped = [h for h in frames[-1].hypotheses if h.end != "stop"]
        assert {h.length for h in unstopped} <= {length}
        if not spec.options.stop_strings():
            assert unstopped
            assert frames[-1].last == "length"
            assert len(frames) == length or spec.name in BEST_SO_FAR


def a_row_is_independent_of_the_rows_beside_it(recording: Recording) -> None:
    for prompt, alone in enumerate(recording.alone):
        assert_same_answers(recording.frames[-1], prompt, alone[-1], 0)


INVARIANTS: tuple[Callable[[Recording], None], ...] = (
    no_global_chance_is_used_or_disturbed,  # first: it watches the searches that are recorded
    two_searches_of_one_seed_are_equal_whenever_frames_are_read,
    logprobs_are_the_chains_own_whatever_the_filters,
    tokens_and_lengths_agree_along_the_path,
    a_text_is_finished_if_and_only_if_something_ended_it,
    every_token_is_one_that_the_filters_left,
    every_frame_has_every_prompt_best_first,
    the_last_frame_and_no_other_is_flagged,
    expansions_hold_the_models_distribution_and_what_the_filters_left,
    what_is_pruned_has_a_reason_and_is_not_an_answer,
    no_text_is_longer_than_asked_and_streams_are_just_as_long,
    a_row_is_independent_of_the_rows_beside_it,
)


@pytest.mark.parametrize("text", SPECS)
def test_the_recorded_searches_hold_every_invariant(text: str) -> None:
    recording = Recording(text)
    for invariant in INVARIANTS:
        invariant(recording)
