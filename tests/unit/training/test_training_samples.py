"""Tracked prompts: their records and intervals, and that they do not change the training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)

from rnnlab.decoding import parse_spec
from rnnlab.inference import continue_texts, load_model
from rnnlab.runs.history import read_history
from rnnlab.runs.journal import JournalTail
from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import EventRecord, SampleRecord
from rnnlab.runs.samples import read_rounds
from rnnlab.training import Session, train
from rnnlab.training._samples import Sampler
from tests.toys.models import count_steps
from tests.toys.sessions import Clock, scripted_validation

Start = Callable[..., Session]
SAMPLING = {"sample_length": 12, "sample_decoders": "greedy sample:temperature=1.5"}


def samples(session: Session) -> list[SampleRecord]:
    return read_history(session.paths.samples).samples


def steps(session: Session) -> list[int]:
    return [result.step for result in read_rounds(session.paths)]


@pytest.mark.parametrize(
    ("task", "settings"),
    [("stream", {"dropout": 0.3, "layers": 2}), ("sentences", {"average": 0.9})],
)
def test_a_run_with_samples_takes_the_same_steps_to_the_last_bit(
    start: Start, task: str, settings: dict[str, Any]
) -> None:
    weights = []
    for name, sampling in (("with", {**SAMPLING, "sample_every": 2}), ("without", {})):
        session = start(name, task=task, **settings, **sampling)
        train(session)
        weights.append(session.control.weights)  # type: ignore[attr-defined]
        assert bool(samples(session)) is bool(sampling)
    assert weights[0].keys() == weights[1].keys()
    for step in weights[0]:
        assert all(map(torch.equal, weights[0][step], weights[1][step])), step


def test_a_sample_is_generated_by_the_weights_of_its_step(start: Start) -> None:
    session = start(**SAMPLING, sample_prompts="le |un roi", sample_every=8, keep=9)
    session.paths.config.write_text(session.config.to_toml(), encoding="utf-8")
    session.dataset.vocabulary.save(session.paths.vocabulary)
    train(session)
    assert steps(session) == [0, 8, 16, 24]
    for step in (8, 24):
        loaded = load_model(session.paths, step)
        for spec in SAMPLING["sample_decoders"].split():  # type: ignore[attr-defined]
            *_, last = continue_texts(loaded, ["le ", "un roi"], parse_spec(spec), 12, 1, seed=1)
            wrote = [s for s in samples(session) if (s.step, s.decoder) == (step, spec)]
            assert [s.text for s in wrote] == [a.continuation for a in last.answers()]
            assert [s.prompt for s in wrote] == ["le ", "un roi"]
            assert wrote[0].logprob == last.answers()[0].logprob


def test_a_prompt_is_read_once_for_all_decoders(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = start(**SAMPLING, sample_prompts="le |un roi", dtype="float64")
    calls = count_steps(session.model, monkeypatch)
    session.sample()
    assert [len(s.prompt) for s in samples(session)] == [3, 3, 6, 6]
    # The longer prompt once, then 12 tokens by each decoder; the last one is not read.
    assert len(calls) == 6 + 2 * 11


def test_samples_are_written_at_their_interval_and_at_the_end(start: Start) -> None:
    session = start(**SAMPLING, sample_every=10)
    train(session)
    assert steps(session) == [0, 10, 20, 24]
    assert {s.num_tokens for s in samples(session)} == {12}


def test_without_an_interval_slow_samples_are_rarer(start: Start) -> None:
    clock = Clock()
    session = start(**SAMPLING, eval_every=2, seams={"clock": clock})
    sampler = Sampler.of(session.config, session.dataset, clock)
    assert sampler is not None
    assert sampler.is_due(0, is_validated=True, is_over=False)
    clock.per_reading = 1.0  # a round takes a second
    sampler.sample(session.model, 0, 0.0, 0.0)
    clock.per_reading = 0.0
    clock.now += 199.0
    assert not sampler.is_due(2, is_validated=True, is_over=False)
    assert sampler.is_due(2, is_validated=True, is_over=True)
    clock.now += 2.0
    assert sampler.is_due(4, is_validated=True, is_over=False)
    assert not sampler.is_due(5, is_validated=False, is_over=False)


def test_samples_are_skipped_at_validations_if_they_are_too_slow(start: Start) -> None:
    clock = Clock(per_reading=1.0)  # a round takes 1 s, so the next one is due after 200 readings
    session = start(**SAMPLING, eval_every=2, steps=8, seams={"clock": clock})
    train(session)
    assert steps(session) == [0, 8]
    assert clock.now < 200


def test_a_resumed_run_has_every_sample_once(start: Start) -> None:
    class Killed(BaseException):
        pass

    def kill(step: int) -> None:
        if step == 11:
            raise Killed

    killed = start(**SAMPLING, sample_every=2)
    killed.control.on_step = kill  # type: ignore[attr-defined]
    with pytest.raises(Killed):
        train(killed)
    assert steps(killed)[-1] == 10
    resumed = start(**SAMPLING, sample_every=2)
    assert resumed.state.step == 8
    train(resumed)
    assert steps(resumed) == list(range(0, 25, 2))
    assert len(samples(resumed)) == 2 * 13
    whole = start("whole", **SAMPLING, sample_every=2)
    train(whole)
    assert [s.text for s in samples(whole)] == [s.text for s in samples(resumed)]


def test_a_worker_killed_before_its_first_checkpoint_starts_again(start: Start) -> None:
    session = start(**SAMPLING)
    for _ in range(2):
        session.log.note("started")
        session.sample()
    assert len(samples(session)) == 2


def test_nothing_is_sampled_if_it_is_off_or_impossible(start: Start) -> None:
    cases: dict[str, dict[str, Any]] = {
        "off": {"sample_length": 0},
        "none": {"sample_decoders": "", "sample_length": 9},
        "classes": {"task": "classify", "sample_length": 9, "length": 10},
    }
    for name, settings in cases.items():
        session = start(name, script={2: [Command("stop")]}, **settings)
        train(session)
        assert not session.paths.samples.exists()


@pytest.mark.parametrize(
    ("settings", "prompt"),
    [
        ({"task": "stream"}, "mange mange le pain bon "),
        ({"task": "stream", "tokens": "words"}, " mange mange le pain bon bon"),
        ({"task": "sentences"}, ""),
    ],
)
def test_the_default_prompt_is_from_the_validation_split(
    start: Start, settings: dict[str, Any], prompt: str
) -> None:
    session = start(**SAMPLING, **settings)
    session.sample()
    (result,) = {s.prompt for s in samples(session)}
    assert result == prompt or settings["task"] == "stream"
    if settings["task"] == "stream":
        batch = next(iter(session.dataset.splits["val"].eval_batches(90)))
        held_out = session.dataset.vocabulary.decode(batch.inputs_BT[0].tolist())
        assert result
        assert held_out.startswith(result)
        assert len(result) < 60


def test_unknown_characters_are_replaced_by_similar_ones(start: Start) -> None:
    session = start(**SAMPLING, sample_prompts="lé Ω")
    session.sample()
    assert {s.prompt for s in samples(session)} == {"le "}


def test_a_run_that_stops_early_is_sampled_at_its_end(start: Start) -> None:
    seams = {"measure": scripted_validation([1.0, 2.0])}
    session = start(**SAMPLING, sample_every=100, patience=2, eval_every=2, seams=seams)
    train(session)
    assert session.state.step == 6
    assert steps(session) == [0, 6]


class Broken:
    """Fails on every access."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError("oops")


def broken_sampler(session: Session) -> Sampler:
    vocabulary: Any = Broken()
    return Sampler(session.config, vocabulary, ["le "])


def test_samples_and_probes_restart_after_a_rollback(start: Start) -> None:
    session = start(**SAMPLING, sample_every=4, probe_every=4, seams={"clock": Clock()})
    session.sampler, session.probe.sample = broken_sampler(session), Broken()  # type: ignore[assignment]
    session.sample()
    session.probe.run_if_due(session.model, 1)
    messages = [
        r.message
        for r in JournalTail(session.paths.journal).read().records
        if isinstance(r, EventRecord)
    ]
    for what in ("samples", "probes"):
        assert messages.count(f"no more {what}: ZeroDivisionError: oops") == 1
    session.probe.run_if_due(session.model, 4)
    assert not read_history(session.paths.journal).probes
    session.save()
    session.roll_back("for a test")
    session.sample()
    session.probe.run_if_due(session.model, 4)
    assert samples(session)
    assert read_history(session.paths.journal).probes


def test_a_failing_sampler_ends_the_samples_but_not_the_run(start: Start) -> None:
    session = start(**SAMPLING)
    session.sampler = broken_sampler(session)
    assert train(session) == "finished"
    messages = [
        r.message
        for r in JournalTail(session.paths.journal).read().records
        if isinstance(r, EventRecord)
    ]
    assert messages.count("no more samples: ZeroDivisionError: oops") == 1
    assert session.model.training


def test_tensorboard_reads_the_texts_back(start: Start) -> None:
    session = start(**SAMPLING, mirror=True, sample_every=8)
    train(session)
    session.log.mirror.close()
    result = EventAccumulator(str(session.paths.root), {"tensors": 0})
    result.Reload()
    for number, spec in enumerate(("greedy", "sample:temperature=1.5")):
        events = result.Tensors(f"samples/0 {spec}/text_summary")
        assert [event.step for event in events] == [0, 8, 16, 24]
        texts = [event.tensor_proto.string_val[0].decode() for event in events]
        wrote = [s for s in samples(session) if s.decoder == spec]
        assert texts == [f"    {s.prompt}▸{s.text}" for s in wrote], number
