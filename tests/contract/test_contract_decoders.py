"""What holds for every decoder, on a toy chain of tokens: no model, no training.

Here are the claims that need a search of their own; those that hold for any search of any spec are
in `test_contract_decoders_recorded.py`. Shapes: P prompts, R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rnnlab.base import registry
from rnnlab.decoding import Frame, Hypothesis, SearchStart, option_names, parse_spec
from tests.toys.chain import (
    EOS,
    LENGTH,
    PROMPTS,
    TABLE,
    Array,
    State,
    V,
    assert_same_answers,
    contents,
    generators,
    letters,
    run,
    start_of,
    step,
    texts,
)
from tests.toys.numeric import assert_close

NAMES = registry.names("decoding")
LOOKS_AHEAD = frozenset({"contrastive"})
"""They let the model read candidates before the first token is chosen."""
OTHER_TIES = frozenset({"contrastive", "diverse-beam"})
"""Of equally probable tokens they want one that is unlike the others, not the first."""


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_texts_are_as_their_options_demand(name: str) -> None:
    def written(options: str) -> list[Hypothesis]:
        return run(parse_spec(f"{name}:{options}"))[-1].hypotheses

    assert all(h.length > 3 for h in written("min_length=3") if h.is_finished)
    assert all(letters(h).startswith("bad") for h in written("prefix=bad"))
    assert not any("b" in letters(h) for h in written("ban=b"))
    assert not any(h.is_finished for h in written("eos=ban"))
    for hypothesis in written("no_repeat=2,eos=ban"):
        text = [*PROMPTS[hypothesis.prompt], *hypothesis.tokens()]
        pairs = list(itertools.pairwise(text))
        assert len(set(pairs)) == len(pairs)


def test_a_greatest_length_among_the_options_is_as_good_as_one_asked_for(name: str) -> None:
    option, asked = (
        run(parse_spec(f"{name}{text}"), length=length)
        for text, length in ((":max_length=3", LENGTH), ("", 3))
    )
    assert [contents(frame) for frame in option] == [contents(frame) for frame in asked]
    longer = run(parse_spec(f"{name}:max_length=50"), length=3)
    assert [contents(frame) for frame in longer] == [contents(frame) for frame in asked]


def test_a_search_whose_time_is_up_gives_what_it_has(name: str) -> None:
    ticks = itertools.count()
    start = start_of(eos=None)._replace(clock=lambda: next(ticks))
    whole = run(parse_spec(f"{name}:max_time=1000000"), start)
    assert whole[-1].last == "length"
    frames = run(parse_spec(f"{name}:max_time=2.5"), start)
    assert frames[-1].last == "time"
    assert len(frames) < len(whole)
    assert {h.prompt for h in frames[-1].hypotheses} == {0, 1, 2}
    for frame, same in itertools.islice(zip(frames, whole, strict=False), len(frames) - 1):
        assert contents(frame) == contents(same)


def test_the_search_ends_once_every_text_has(name: str) -> None:
    always_eos = np.full((3, V), -math.inf)
    always_eos[:, EOS] = 0.0
    frames = run(parse_spec(name), start_of()._replace(log_probs_PV=always_eos))
    assert len(frames) == 1
    assert texts(frames[0]) == [[EOS]] * 3
    assert frames[0].last == "ended"


def test_where_nothing_may_be_written_the_answer_is_the_empty_text(name: str) -> None:
    frames = run(parse_spec(f'{name}:ban="a|b|c|d|e",eos=ban'))
    assert frames[-1].last == "ended"
    assert {h.prompt for h in frames[-1].hypotheses} == {0, 1, 2}
    assert {h.length for h in frames[-1].hypotheses} == {0}


def test_texts_that_nothing_can_follow_remain_answers(name: str) -> None:
    """No token may occur twice, including the prompt: after three there is none left."""
    frames = run(parse_spec(f"{name}:no_repeat=1,eos=ban"))
    assert frames[-1].last == "ended"
    for prompt in range(3):
        found = [h for h in frames[-1].hypotheses if h.prompt == prompt]
        assert found
        for hypothesis in found:
            text = [*PROMPTS[prompt], *hypothesis.tokens()]
            assert len(set(text)) == len(text)
            left = {0, 1, 2, 3, 4} - set(text)
            assert left <= {2}  # the one that cannot always come
            assert not hypothesis.is_finished


def test_a_row_that_nothing_can_follow_leaves_the_others_alone(name: str) -> None:
    """Only the banned token could follow the second prompt."""
    spec = parse_spec(f"{name}:ban=b")
    start = start_of()
    log_probs_PV = start.log_probs_PV.copy()
    log_probs_PV[1] = -math.inf
    log_probs_PV[1, 1] = 0.0
    barred = start._replace(log_probs_PV=log_probs_PV)
    whole, part = (run(spec, begin)[-1] for begin in (start, barred))
    assert_same_answers(part, 0, whole, 0)
    assert_same_answers(part, 2, whole, 2)
    assert texts(part, 1) == [[]]


def test_only_a_random_decoder_heeds_the_seed(name: str) -> None:
    spec = parse_spec(name)
    found = {str(texts(run(spec, start_of(eos=None), seeds=(seed,) * 3)[-1])) for seed in range(8)}
    assert (len(found) > 1) == spec.decoder.is_random


def test_equal_probabilities_are_decided_the_same_way_every_time(name: str) -> None:
    flat_V = np.full(40, -math.log(40), dtype=np.float32)

    def flat_step(state: Array, parents_R: Array, tokens_R: Array) -> tuple[Array, Array]:
        return np.tile(flat_V, (len(tokens_R), 1)), tokens_R

    spec = parse_spec(name)
    start = SearchStart(
        flat_V[None], np.zeros(1, np.int64), features=lambda state: np.eye(40)[state]
    )

    def once() -> list[list[int]]:
        return texts(
            list(spec.decoder.search(flat_step, start, spec.options, 4, generators([1])))[-1]
        )

    found = once()
    assert found == once()
    if not spec.decoder.is_random and name not in OTHER_TIES:
        assert found[0] == [0, 0, 0, 0]
        assert found == sorted(found)


def test_every_option_has_a_help_line(name: str) -> None:
    for field in parse_spec(name).decoder.options.model_fields.values():
        assert field.description
        assert field.description.endswith(".")
        assert "\n" not in field.description


def test_the_module_has_a_summary_line(name: str) -> None:
    assert registry.summary("decoding", name).endswith((".", ")."))


def test_a_spec_that_writes_every_option_out_means_the_same(name: str) -> None:
    short = parse_spec(name)
    options = [
        f"{key}={value}"
        for key, field in option_names(short.decoder.options).items()
        if (value := getattr(short.options, field)) != ""
    ]
    whole = parse_spec(f"{name}:{','.join(options)}")
    assert whole.options == short.options
    assert whole.chain == short.chain
    assert parse_spec(whole.text) == whole


def test_a_changed_option_shows_in_the_options_and_a_filter_in_the_chain(name: str) -> None:
    spec = parse_spec(f" {name} : temperature = 0.25 ,p=0.5")
    values = spec.options.model_dump()
    assert (spec.name, values["temperature"], values["p"]) == (name, 0.25, 0.5)
    assert spec.chain[0] == "temperature=0.25"
    assert "top-p=0.5" in spec.chain
    assert spec.chain[-1]
    assert not any("temperature" in part for part in parse_spec(name).chain)


def test_a_decoder_reads_nothing_before_it_is_asked(name: str) -> None:
    """A search is a generator: a screen may make it and never run it."""

    def never(state: State, parents_R: Array, tokens_R: Array) -> tuple[Array, State]:
        raise AssertionError("read before the first frame was shown")

    spec = parse_spec(name)
    search: Callable[..., Any] = spec.decoder.search
    frames = search(never, start_of(), spec.options, LENGTH, generators())
    if name not in LOOKS_AHEAD:
        assert isinstance(next(iter(frames)), Frame)


def test_what_a_step_leaves_out_is_shared_out_among_the_rest(name: str) -> None:
    """As in word models: some tokens are omitted, the log-probs of the others stay."""
    left = TABLE.copy()
    left[:, :, 1] = -np.inf
    shared = left - np.logaddexp.reduce(left, axis=-1, keepdims=True)

    def answer(table: Array, leaves_out: bool) -> Frame:
        def step_of(state: State, parents_R: Array, tokens_R: Array) -> tuple[Array, State]:
            _, after = step(state, parents_R, tokens_R)
            before_RV = np.sum([part[parents_R] for layer in state for part in layer], axis=0)
            return table[before_RV.argmax(1), tokens_R], after

        rank = ":rank=filtered" if "rank" in parse_spec(name).decoder.options.model_fields else ""
        spec = parse_spec(f"{name}{rank}")
        before, last = np.array(PROMPTS).T
        start = start_of()._replace(log_probs_PV=table[before, last], leaves_out=leaves_out)
        *_, frame = spec.decoder.search(step_of, start, spec.options, 6, generators())
        return frame

    by_search, by_hand = answer(left, True), answer(shared, False)
    assert texts(by_search) == texts(by_hand)
    scores = [[h.score for h in frame.hypotheses] for frame in (by_search, by_hand)]
    assert_close(scores[0], scores[1], terms=6 * V)
