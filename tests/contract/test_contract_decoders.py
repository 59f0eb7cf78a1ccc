"""What every decoder owes the lab, on a toy chain of tokens: no model, no training.

The toy is of second order: the next token depends on the last one, which a search hands to `step`,
and on the one before, which only the state knows. A search that mixes up its rows is found out.
Shapes: P prompts, R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from rnnlab import registry
from rnnlab.decoding import Frame, Hypothesis, Prompt, Spec, Start, option_names, parse_spec
from rnnlab.decoding import _limits as limits_module
from rnnlab.decoding._text import Rows

Array = npt.NDArray[Any]
State = tuple[tuple[Array, ...], ...]
V, EOS, LENGTH = 6, 5, 10
PIECES = ("a", "b", "c", "d", "e", "")
PROMPTS = ((0, 1), (2, 3), (4, 0))
"""Last two tokens of each prompt."""

NAMES = registry.names("decoding")
OPTIONS = (
    "",
    "temperature=0.5,p=0.8",
    "repetition=1.3,no_repeat=3",
    "min_length=3",
    "prefix=bad",
    'stop="ab|d"',
    'ban="b|ea",bias="c=1|ad=-2"',
)
SPECS = [f"{name}:{options}".rstrip(":") for name, options in itertools.product(NAMES, OPTIONS)]

BEST_SO_FAR = frozenset({"exact"})
"""Their frames are those of a proof, not one for each length; its end is not the texts'."""
LOOKS_AHEAD = frozenset({"contrastive"})
"""They let the model read candidates before the first token is chosen."""
OTHER_TIES = frozenset({"contrastive", "diverse-beam"})
"""Of equally probable tokens they want one that is unlike the others, not the first."""
GIVES_UP_COPIES = frozenset({"diverse-beam"})
"""A group gives up what another may keep."""


def log_table(seed: int = 6) -> Array:
    """Log-probs [V, V, V] of the next token after two; here and there one cannot come at all.

    With this seed every decoder's texts end sometimes, whatever its options.
    """
    chance = np.random.default_rng(seed)
    logits = 2 * chance.standard_normal((V, V, V))
    logits[:, :, 2][chance.random((V, V)) < 0.3] = -math.inf
    logits -= logits.max(-1, keepdims=True)
    found: Array = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    found.flags.writeable = False
    return found


TABLE = log_table()
EYE = np.eye(V)


def step(state: State, parents_R: Array, tokens_R: Array) -> tuple[Array, State]:
    """Read a token; the state of both layers, h and c, is the one before as a one-hot vector."""
    assert parents_R.shape == tokens_R.shape
    before_RV = np.sum([part[parents_R] for layer in state for part in layer], axis=0)
    now_RV = EYE[tokens_R]
    return TABLE[before_RV.argmax(1), tokens_R], ((now_RV, now_RV), (now_RV, now_RV))


def top_features(state: State) -> Array:
    """What the top layer made of each row's last token."""
    return state[-1][0]


def start_of(prompts: Sequence[tuple[int, int]] = PROMPTS, eos: int | None = EOS) -> Start:
    before, last = np.array(prompts).T
    last_PV = EYE[last]
    return Start(
        TABLE[before, last],
        ((last_PV, last_PV), (last_PV, last_PV)),
        eos,
        [Prompt(prompt, EYE[list(prompt)]) for prompt in prompts],
        PIECES,
        top_features,
    )


def expected_logprobs(prompt: tuple[int, int], tokens: list[int]) -> list[float]:
    text = [*prompt, *tokens]
    return [float(TABLE[text[i], text[i + 1], text[i + 2]]) for i in range(len(tokens))]


def generators(seeds: Sequence[int]) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in seeds]


SEEDS = (11, 12, 13)


def run(
    spec: Spec, start: Start | None = None, length: int = LENGTH, seeds: Sequence[int] = SEEDS
) -> list[Frame]:
    start = start or start_of()
    chance = generators(seeds)
    return list(spec.decoder.search(step, start, spec.options, length, chance))


def texts(frame: Frame, prompt: int | None = None) -> list[list[int]]:
    return [h.tokens() for h in frame.hypotheses if prompt in {None, h.prompt}]


def figures(frame: Frame, prompt: int) -> list[tuple[list[int], float, float]]:
    return [(h.tokens(), h.logprob, h.score) for h in frame.hypotheses if h.prompt == prompt]


def letters(hypothesis: Hypothesis) -> str:
    return "".join(PIECES[token] for token in hypothesis.tokens())


@pytest.fixture(params=SPECS)
def spec(request: pytest.FixtureRequest) -> Spec:
    return parse_spec(request.param)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def everyone(frames: list[Frame]) -> list[Hypothesis]:
    found = {id(h): h for frame in frames for h in frame.hypotheses}
    assert found
    return list(found.values())


# What a text says of itself


@pytest.mark.parametrize("eos", [EOS, None])
def test_logprobs_are_the_chains_own_whatever_the_filters(spec: Spec, eos: int | None) -> None:
    for hypothesis in everyone(run(spec, start_of(eos=eos))):
        expected = expected_logprobs(PROMPTS[hypothesis.prompt], hypothesis.tokens())
        assert hypothesis.token_logprobs() == pytest.approx(expected, abs=1e-12)
        assert all(map(math.isfinite, hypothesis.token_logprobs()))
        assert math.isfinite(hypothesis.score)
        assert hypothesis.logprob == pytest.approx(math.fsum(expected), abs=1e-9)


def test_tokens_lengths_and_sums_agree_along_the_path(spec: Spec) -> None:
    for hypothesis in everyone(run(spec)):
        path = hypothesis.path()
        assert path[-1] is hypothesis
        assert [node.length for node in path] == list(range(1, hypothesis.length + 1))
        assert [node.token for node in path] == hypothesis.tokens()
        assert {node.prompt for node in path} == {hypothesis.prompt}
        assert path[0].parent is not None
        assert path[0].parent.length == 0
        assert math.isclose(
            hypothesis.logprob, math.fsum(hypothesis.token_logprobs()), abs_tol=1e-9
        )


@pytest.mark.parametrize("eos", [EOS, None])
def test_a_text_is_finished_if_and_only_if_something_ended_it(spec: Spec, eos: int | None) -> None:
    stops = spec.options.stop_strings()
    found = everyone(run(spec, start_of(eos=eos)))
    for hypothesis in found:
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
        assert any(hypothesis.is_finished for hypothesis in found)


def test_every_token_is_one_that_the_filters_left(spec: Spec) -> None:
    """Asked of the filters themselves, a text at a time."""
    start = start_of()
    for hypothesis in everyone(run(spec)):
        text = [*PROMPTS[hypothesis.prompt], *hypothesis.tokens()]
        for i, node in enumerate(hypothesis.path()):
            assert node.parent is not None
            left_RV = spec.options.filter(
                TABLE[text[i], text[i + 1]][None], Rows([node.parent], start, spec.options)
            )
            assert left_RV[0, node.token] > -math.inf


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


# What a frame says


def test_every_frame_has_every_prompt_best_first(spec: Spec) -> None:
    for frame in run(spec):
        assert {h.prompt for h in frame.hypotheses} == {0, 1, 2}
        prompts = [h.prompt for h in frame.hypotheses]
        assert prompts == sorted(prompts)
        for prompt in range(3):
            scores = [score for _, _, score in figures(frame, prompt)]
            assert scores == sorted(scores, reverse=True)
            found = [tuple(tokens) for tokens in texts(frame, prompt)]
            assert len(set(found)) == len(found)
            assert len(found) <= max(1, spec.options.num_answers()) or not frame.is_last


def test_the_last_frame_and_no_other_is_flagged(spec: Spec) -> None:
    for start in (start_of(), start_of(eos=None), start_of(PROMPTS[:1])):
        flags = [frame.is_last for frame in run(spec, start)]
        assert flags == [False] * (len(flags) - 1) + [True]


def told(frame: Frame) -> object:
    return (
        [(h.prompt, h.tokens(), h.score, h.end) for h in frame.hypotheses],
        [([h.tokens() for h in hypotheses()], why) for hypotheses, why in frame.pruned],
        [
            ([h.tokens() for h in e.hypotheses()], e.log_probs_RV.tolist(), e.filtered_RV.tolist())
            for e in frame.expansions
        ],
        (frame.last, frame.notes),
    )


def test_frames_looked_at_late_say_what_they_said_at_once(spec: Spec) -> None:
    late = run(spec)
    search = spec.decoder.search(step, start_of(), spec.options, LENGTH, generators(SEEDS))
    assert [told(frame) for frame in search] == [told(frame) for frame in late]


def test_expansions_hold_the_models_distribution_and_what_the_filters_left(spec: Spec) -> None:
    num_new = 0
    start = start_of()
    for frame in run(spec):
        rows: dict[tuple[int, tuple[int, ...]], tuple[Array, Array]] = {}
        for expansion in frame.expansions:
            old = expansion.hypotheses()
            assert len(old) == len(expansion.log_probs_RV) == len(expansion.filtered_RV)
            for h, log_probs_V, filtered_V in zip(
                old, expansion.log_probs_RV, expansion.filtered_RV, strict=True
            ):
                text = [*PROMPTS[h.prompt], *h.tokens()]
                assert (log_probs_V == TABLE[text[-2], text[-1]]).all()
                left_RV = spec.options.filter(log_probs_V[None], Rows([h], start, spec.options))
                assert filtered_V == pytest.approx(left_RV[0], abs=1e-9)
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


def test_what_is_given_up_has_a_reason_and_is_no_answer(spec: Spec) -> None:
    for frame in run(spec):
        shown = {(h.prompt, tuple(h.tokens())) for h in frame.hypotheses}
        for hypotheses, why in frame.pruned:
            assert why
            gone = {(h.prompt, tuple(h.tokens())) for h in hypotheses()}
            assert gone
            assert spec.name in GIVES_UP_COPIES or not gone & shown


# How long it goes on


def test_no_text_is_longer_than_asked_and_streams_are_just_as_long(spec: Spec) -> None:
    for length in (1, 2, 7):
        assert max(h.length for h in everyone(run(spec, length=length))) <= length
        frames = run(spec, start_of(eos=None), length)
        unstopped = [h for h in frames[-1].hypotheses if h.end != "stop"]
        assert {h.length for h in unstopped} <= {length}
        if not spec.options.stop_strings():
            assert unstopped
            assert frames[-1].last == "length"
            assert len(frames) == length or spec.name in BEST_SO_FAR


def test_a_greatest_length_among_the_options_is_as_good_as_one_asked_for(name: str) -> None:
    option, asked = (
        run(parse_spec(f"{name}{text}"), length=length)
        for text, length in ((":max_length=3", LENGTH), ("", 3))
    )
    assert [told(frame) for frame in option] == [told(frame) for frame in asked]
    longer = run(parse_spec(f"{name}:max_length=50"), length=3)
    assert [told(frame) for frame in longer] == [told(frame) for frame in asked]


def test_a_search_whose_time_is_up_gives_what_it_has(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count()
    monkeypatch.setattr(limits_module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    whole = run(parse_spec(f"{name}:max_time=1000000"), start_of(eos=None))
    assert whole[-1].last == "length"
    frames = run(parse_spec(f"{name}:max_time=2.5"), start_of(eos=None))
    assert frames[-1].last == "time"
    assert len(frames) < len(whole)
    assert {h.prompt for h in frames[-1].hypotheses} == {0, 1, 2}
    for frame, same in itertools.islice(zip(frames, whole, strict=False), len(frames) - 1):
        assert told(frame) == told(same)


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
    """No letter twice, the prompt's included: after three there are none left."""
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
    """Of the second prompt alone nothing but the banned token could come."""
    spec = parse_spec(f"{name}:ban=b")
    start = start_of()
    log_probs_PV = start.log_probs_PV.copy()
    log_probs_PV[1] = -math.inf
    log_probs_PV[1, 1] = 0.0
    barred = start._replace(log_probs_PV=log_probs_PV)
    whole, part = (run(spec, begin)[-1] for begin in (start, barred))
    assert figures(part, 0) == figures(whole, 0)
    assert figures(part, 2) == figures(whole, 2)
    assert texts(part, 1) == [[]]


# What it depends on


def test_the_same_seed_writes_the_same_text(spec: Spec) -> None:
    first, second = run(spec), run(spec)
    assert [told(frame) for frame in first] == [told(frame) for frame in second]


def test_only_a_random_decoder_heeds_the_seed(name: str) -> None:
    spec = parse_spec(name)
    found = {str(texts(run(spec, start_of(eos=None), seeds=(seed,) * 3)[-1])) for seed in range(8)}
    assert (len(found) > 1) == spec.decoder.is_random


def test_a_row_is_independent_of_the_rows_beside_it(spec: Spec) -> None:
    together = run(spec)
    for prompt in range(3):
        alone = run(spec, start_of([PROMPTS[prompt]]), seeds=[SEEDS[prompt]])
        assert figures(together[-1], prompt) == figures(alone[-1], 0)


def test_no_global_chance_is_used_or_disturbed(spec: Spec) -> None:
    def states() -> list[str]:
        return [repr(random.getstate()), repr(np.random.get_state())]  # noqa: NPY002

    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    before = states()
    first = texts(run(spec)[-1])
    assert states() == before
    random.seed(2)
    np.random.seed(2)  # noqa: NPY002
    assert texts(run(spec)[-1]) == first


def test_the_callers_arrays_are_left_alone(spec: Spec) -> None:
    start = start_of()
    start.log_probs_PV.flags.writeable = False
    for layer in start.state:
        for part in layer:
            part.flags.writeable = False

    def read_only(state: State, parents_R: Array, tokens_R: Array) -> tuple[Array, State]:
        log_probs_RV, new = step(state, parents_R, tokens_R)
        log_probs_RV.flags.writeable = False
        return log_probs_RV, new

    list(spec.decoder.search(read_only, start, spec.options, LENGTH, generators(SEEDS)))


def test_equal_probabilities_are_decided_the_same_way_every_time(name: str) -> None:
    flat_V = np.full(40, -math.log(40), dtype=np.float32)

    def flat_step(state: Array, parents_R: Array, tokens_R: Array) -> tuple[Array, Array]:
        return np.tile(flat_V, (len(tokens_R), 1)), tokens_R

    spec = parse_spec(name)
    start = Start(flat_V[None], np.zeros(1, np.int64), features=lambda state: np.eye(40)[state])

    def once() -> list[list[int]]:
        return texts(
            list(spec.decoder.search(flat_step, start, spec.options, 4, generators([1])))[-1]
        )

    found = once()
    assert found == once()
    if not spec.decoder.is_random and name not in OTHER_TIES:
        assert found[0] == [0, 0, 0, 0]
        assert found == sorted(found)


# What it says of itself


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
    assert (spec.name, spec.options.temperature, spec.options.p) == (name, 0.25, 0.5)
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
    frames = search(never, start_of(), spec.options, LENGTH, generators(SEEDS))
    if name not in LOOKS_AHEAD:
        assert isinstance(next(iter(frames)), Frame)


def test_what_a_step_leaves_out_is_shared_out_among_the_rest(name: str) -> None:
    """As in word models: the log-probs of some tokens are taken away, those of others stay."""
    left = TABLE.copy()
    left[:, :, 1] = -np.inf
    shared = left - np.logaddexp.reduce(left, axis=-1, keepdims=True)

    def found(table: Array, leaves_out: bool) -> list[tuple[list[int], float]]:
        def step_of(state: State, parents_R: Array, tokens_R: Array) -> tuple[Array, State]:
            _, after = step(state, parents_R, tokens_R)
            before_RV = np.sum([part[parents_R] for layer in state for part in layer], axis=0)
            return table[before_RV.argmax(1), tokens_R], after

        rank = ":rank=filtered" if "rank" in parse_spec(name).decoder.options.model_fields else ""
        spec = parse_spec(f"{name}{rank}")
        before, last = np.array(PROMPTS).T
        start = start_of()._replace(log_probs_PV=table[before, last], leaves_out=leaves_out)
        *_, frame = spec.decoder.search(step_of, start, spec.options, 6, generators(SEEDS))
        return [(h.tokens(), round(h.score, 9)) for h in frame.hypotheses]

    assert found(left, True) == found(shared, False)
