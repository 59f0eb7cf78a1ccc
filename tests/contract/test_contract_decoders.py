"""What every decoder owes the lab, on a toy chain of tokens: no model, no training.

The toy is of second order: the next token depends on the last one, which a search hands to `step`,
and on the one before, which only the state knows. A search that mixes up its rows is found out.
Shapes: P prompts, R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rnnlab import registry
from rnnlab.decoding import Frame, Hypothesis, Spec, Start, option_names, parse_spec

State = tuple[tuple[Tensor, ...], ...]
V, EOS, LENGTH = 6, 5, 10
PROMPTS = ((0, 1), (2, 3), (4, 0))
"""Last two tokens of each prompt."""

NAMES = registry.names("decoding")
SPECS = [spec for name in NAMES for spec in (name, f"{name}:temperature=0.5,p=0.8")]


def log_table(seed: int = 3) -> Tensor:
    """Log-probs [V, V, V] of the next token after two; here and there one cannot come at all."""
    random = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(V, V, V, dtype=torch.float64, generator=random)
    logits[:, :, 2].masked_fill_(torch.rand(V, V, generator=random) < 0.3, -math.inf)
    return logits.log_softmax(-1)


TABLE = log_table()
NUMBERS = TABLE.tolist()
EYE = torch.eye(V, dtype=torch.int64)


def step(state: State, tokens_R: Tensor) -> tuple[Tensor, State]:
    """Read a token; the state of both layers, h and c, is the one before as a one-hot vector."""
    before_R = sum(part for layer in state for part in layer)
    assert isinstance(before_R, Tensor)
    assert before_R.max(1).values.eq(4).all(), "the parts of the state belong to different rows"
    now_RV = EYE[tokens_R]
    return TABLE[before_R.argmax(1), tokens_R], ((now_RV, now_RV), (now_RV, now_RV))


def start_of(prompts: tuple[tuple[int, int], ...] = PROMPTS, eos: int | None = EOS) -> Start:
    before, last = torch.tensor(prompts).T
    last_PV = EYE[last]
    return Start(TABLE[before, last], ((last_PV, last_PV), (last_PV, last_PV)), eos)


def expected_logprobs(prompt: tuple[int, int], tokens: list[int]) -> list[float]:
    before, last = prompt
    found = []
    for token in tokens:
        found.append(NUMBERS[before][last][token])
        before, last = last, token
    return found


def run(
    spec: Spec,
    start: Start | None = None,
    length: int = LENGTH,
    seeds: tuple[int, ...] = (11, 12, 13),
) -> list[Frame]:
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    return list(spec.decoder.search(step, start or start_of(), spec.options, length, generators))


def texts(frame: Frame, prompt: int | None = None) -> list[list[int]]:
    return [h.tokens() for h in frame.hypotheses if prompt in {None, h.prompt}]


def figures(frame: Frame, prompt: int) -> list[tuple[list[int], float, float]]:
    return [(h.tokens(), h.logprob, h.score) for h in frame.hypotheses if h.prompt == prompt]


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


@pytest.mark.parametrize("eos", [EOS, None])
def test_logprobs_are_the_chains_own_whatever_the_filters(spec: Spec, eos: int | None) -> None:
    for hypothesis in everyone(run(spec, start_of(eos=eos))):
        expected = expected_logprobs(PROMPTS[hypothesis.prompt], hypothesis.tokens())
        assert hypothesis.token_logprobs() == pytest.approx(expected, abs=1e-12)
        assert all(map(math.isfinite, hypothesis.token_logprobs()))
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


def test_every_frame_has_every_prompt_best_first(spec: Spec) -> None:
    for frame in run(spec):
        assert {h.prompt for h in frame.hypotheses} == {0, 1, 2}
        for prompt in range(3):
            scores = [score for _, _, score in figures(frame, prompt)]
            assert scores == sorted(scores, reverse=True)
            found = [tuple(tokens) for tokens in texts(frame, prompt)]
            assert len(set(found)) == len(found)


@pytest.mark.parametrize("length", [1, 2, 7])
def test_no_text_is_longer_than_asked_and_streams_are_just_as_long(spec: Spec, length: int) -> None:
    frames = run(spec, start_of(eos=None), length)
    assert len(frames) == length
    assert {h.length for h in frames[-1].hypotheses} == {length}
    assert max(h.length for h in everyone(run(spec, length=length))) <= length


def test_the_last_frame_and_no_other_is_flagged(spec: Spec) -> None:
    for start in (start_of(), start_of(eos=None), start_of(PROMPTS[:1])):
        flags = [frame.is_last for frame in run(spec, start)]
        assert flags == [False] * (len(flags) - 1) + [True]


def test_a_text_is_finished_if_and_only_if_it_ends_in_eos(spec: Spec) -> None:
    found = everyone(run(spec))
    for hypothesis in found:
        assert hypothesis.is_finished == (hypothesis.tokens()[-1] == EOS)
        assert EOS not in hypothesis.tokens()[:-1]
    assert any(hypothesis.is_finished for hypothesis in found)
    assert not any(h.is_finished for h in everyone(run(spec, start_of(eos=None))))


def test_the_search_ends_once_every_text_has() -> None:
    for name in NAMES:
        always_eos = torch.full((3, V), -math.inf, dtype=torch.float64)
        always_eos[:, EOS] = 0.0
        frames = run(parse_spec(name), start_of()._replace(log_probs_PV=always_eos))
        assert len(frames) == 1
        assert texts(frames[0]) == [[EOS]] * 3


def test_the_same_seed_writes_the_same_text(spec: Spec) -> None:
    first, second = run(spec), run(spec)
    assert [texts(frame) for frame in first] == [texts(frame) for frame in second]
    assert [h.score for h in everyone(first)] == [h.score for h in everyone(second)]


def test_only_a_random_decoder_heeds_the_seed(name: str) -> None:
    spec = parse_spec(name)
    found = {str(texts(run(spec, start_of(eos=None), seeds=(seed,) * 3)[-1])) for seed in range(8)}
    assert (len(found) > 1) == spec.decoder.is_random


@pytest.mark.parametrize("prompt", range(3))
def test_a_row_is_independent_of_the_rows_beside_it(spec: Spec, prompt: int) -> None:
    seeds = (11, 12, 13)
    together = run(spec, seeds=seeds)
    alone = run(spec, start_of(PROMPTS[prompt : prompt + 1]), seeds=(seeds[prompt],))
    assert figures(together[-1], prompt) == figures(alone[-1], 0)


def test_no_global_chance_is_used_or_disturbed(spec: Spec) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = texts(run(spec)[-1])
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert texts(run(spec)[-1]) == first


def test_the_callers_tensors_are_left_alone(spec: Spec) -> None:
    start, same = start_of(), start_of()
    run(spec, start)
    assert torch.equal(start.log_probs_PV, same.log_probs_PV)
    assert all(torch.equal(start.state[i][j], same.state[i][j]) for i in (0, 1) for j in (0, 1))


def test_equal_probabilities_are_decided_the_same_way_every_time(name: str) -> None:
    def flat_step(state: State, tokens_R: Tensor) -> tuple[Tensor, State]:
        return torch.full((len(tokens_R), 40), -math.log(40)), state

    spec = parse_spec(name)
    start = Start(torch.full((1, 40), -math.log(40)), ((torch.zeros(1, 1),),))

    def once() -> list[list[int]]:
        seeds = [torch.Generator().manual_seed(1)]
        return texts(list(spec.decoder.search(flat_step, start, spec.options, 4, seeds))[-1])

    found = once()
    assert found == once()
    if not spec.decoder.is_random:
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
        f"{key}={getattr(short.options, field)}"
        for key, field in option_names(short.decoder.options).items()
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
    assert "temperature=1" not in parse_spec(name).chain


def test_a_decoder_reads_nothing_before_it_is_asked(name: str) -> None:
    """A search is a generator: a screen may make it and never run it."""

    def never(state: State, tokens_R: Tensor) -> tuple[Tensor, State]:
        raise AssertionError("read before the first frame was shown")

    spec = parse_spec(name)
    search: Callable[..., object] = spec.decoder.search
    frames = search(never, start_of(), spec.options, LENGTH, [torch.Generator()] * 3)
    assert isinstance(next(iter(frames)), Frame)  # type: ignore[call-overload]
