"""The event file, read back by TensorBoard's own reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import (  # type: ignore[import-untyped]
    EventAccumulator,
)
from tensorboard.plugins.hparams.plugin_data_pb2 import (  # type: ignore[import-untyped]
    HParamsPluginData,
)

from rnnlab.runs.journal import JournalTail
from rnnlab.runs.mailbox import Command
from rnnlab.runs.records import (
    EvalRecord,
    EventRecord,
    LayersRecord,
    SampleRecord,
    TrainRecord,
)
from rnnlab.training import Mirror, Session, train
from tests.prose.tables import all_tables

Start = Callable[..., Session]


def read_back(session: Session) -> EventAccumulator:
    session.log.mirror.close()
    result = EventAccumulator(str(session.paths.root), {"histograms": 0, "scalars": 0})
    result.Reload()
    return result


def scalars(result: EventAccumulator, tag: str) -> dict[int, float]:
    events = result.Scalars(tag)
    assert len({event.step for event in events}) == len(events), "a step is repeated"
    return {event.step: event.value for event in events}


def assert_mirrored(session: Session) -> None:
    result = read_back(session)
    records = JournalTail(session.paths.journal).read().records
    train_records = {r.step: r for r in records if isinstance(r, TrainRecord)}
    for tag, field in {
        "loss/train": "train_loss",
        "optimizer/gradient_norm": "grad_norm",
        "optimizer/gradient_norm_max": "grad_norm_max",
        "optimizer/clipped": "clipped",
        "optimizer/learning_rate": "lr",
        "speed/tokens_per_s": "tokens_per_s",
    }.items():
        expected = {step: getattr(record, field) for step, record in train_records.items()}
        assert scalars(result, tag) == pytest.approx(expected, rel=1e-6)
    evals = {r.step: r.val_loss for r in records if isinstance(r, EvalRecord)}
    assert scalars(result, "loss/val") == pytest.approx(evals, rel=1e-6)
    layers = {r.step: r for r in records if isinstance(r, LayersRecord)}
    for name, parameter in session.model.named_parameters():
        norms = {step: record.grad_norms[name] for step, record in layers.items()}
        assert scalars(result, f"parameter_gradients/norm/{name}") == pytest.approx(norms, rel=1e-5)
        sizes = {step: record.weight_norms[name] for step, record in layers.items()}
        assert scalars(result, f"parameter_weights/norm/{name}") == pytest.approx(sizes, rel=1e-5)
        histograms = result.Histograms(f"parameter_gradients/values/{name}")
        assert [event.step for event in histograms] == sorted(evals)
        assert {event.histogram_value.num for event in histograms} == {parameter.numel()}


def test_scalars_and_histograms_equal_the_journal(start: Start) -> None:
    session = start(layers=2, mirror=True)
    train(session)
    assert_mirrored(session)


def test_a_classifier_has_its_accuracy(start: Start) -> None:
    session = start(task="classify", mirror=True)
    train(session)
    result = read_back(session)
    evals = [r for r in JournalTail(session.paths.journal).read().records
             if isinstance(r, EvalRecord)]  # fmt: skip
    accuracy = {record.step: record.accuracy for record in evals}
    assert None not in accuracy.values()
    assert scalars(result, "metrics/accuracy") == pytest.approx(accuracy, rel=1e-6)


def all_tags(session: Session) -> list[str]:
    tags = read_back(session).Tags()
    names = [*tags["scalars"], *tags["histograms"], *tags["tensors"]]
    return [name for name in names if not name.startswith("_hparams_/")]


def test_every_tag_has_a_group_of_the_documents_and_loss_comes_first(start: Start) -> None:
    sampled = {"probe_every": 8, "sample_length": 4, "mirror": True}
    sessions = [start("lstm", **sampled), start("documents", task="classify", **sampled)]
    for session in sessions:
        session.paths.config.write_text(session.config.to_toml(), encoding="utf-8")
        train(session)
    tags = [tag for session in sessions for tag in all_tags(session)]
    assert all("/" in tag for tag in tags)
    [table] = (table for table in all_tables() if table.kind == "tensorboard")
    shapes = [row[0][0] for row in table.rows]
    patterns = [re.sub("[A-Z]+", r"[\\w. :=]+", shape) + "(/text_summary)?" for shape in shapes]
    for tag in tags:
        assert any(re.fullmatch(pattern, tag) for pattern in patterns), tag
    for shape, pattern in zip(shapes, patterns, strict=True):
        assert any(re.fullmatch(pattern, tag) for tag in tags), f"no run has {shape}"
    assert min(tags) == "loss/train"
    assert len({tag.partition("/")[0] for tag in tags}) == 10


def test_the_settings_are_a_text_and_hyperparameters(start: Start) -> None:
    change = [Command("set", values={"clip": 0.5})]
    session = start(script={12: change}, mirror=True, tied=True, embedding=8)
    session.paths.config.write_text(session.config.to_toml(), encoding="utf-8")
    train(session)
    result = read_back(session)
    events = result.Tensors("settings/config.toml/text_summary")
    assert [event.step for event in events] == [0, 12]
    texts = [event.tensor_proto.string_val[0].decode() for event in events]
    assert "    hidden = 8" in texts[0].split("\n")
    assert "    clip = 0.5" in texts[1].split("\n")
    stored = {
        tag: HParamsPluginData.FromString(result.SummaryMetadata(tag).plugin_data.content)
        for tag in result.PluginTagToContent("hparams")
    }
    hparams = stored["_hparams_/session_start_info"].session_start_info.hparams
    assert hparams["hidden"].number_value == 8
    assert hparams["cell"].string_value == "lstm"
    assert hparams["tied"].string_value == "true"
    metrics = stored["_hparams_/experiment"].experiment.metric_infos
    assert [metric.name.tag for metric in metrics] == ["loss/train", "loss/val", "metrics/accuracy"]


def test_a_resumed_run_has_every_step_once(start: Start) -> None:
    """The killed worker wrote steps 9 and 10 too, which the resumed one repeats."""

    class Killed(BaseException):
        pass

    killed = start(mirror=True, log_every=1)

    def kill(step: int) -> None:
        if step == 10:
            raise Killed

    killed.control.on_step = kill  # type: ignore[attr-defined]
    with pytest.raises(Killed):
        train(killed)
    killed.log.mirror.close()
    resumed = start(mirror=True, log_every=1)
    assert resumed.state.step == 8
    train(resumed)
    assert_mirrored(resumed)


def test_closing_a_run_flushes_the_events(start: Start) -> None:
    session = start(script={5: [Command("stop")]}, mirror=True)
    train(session)
    assert sorted(scalars(read_back(session), "optimizer/learning_rate")) == [1, 5]


def test_values_that_are_not_finite_are_omitted(start: Start) -> None:
    session = start(mirror=True, log_every=1, eval_every=4, steps=8)
    session.model.head.bias.register_hook(  # type: ignore[no-untyped-call]
        lambda gradient: gradient * float("nan") if session.state.step == 3 else gradient
    )
    train(session)
    result = read_back(session)
    assert sorted(scalars(result, "loss/train")) == [1, 2, 3, 5, 6, 7, 8]
    events = result.Histograms("parameter_gradients/values/head.bias")
    assert [event.step for event in events] == [8]


def test_the_file_is_opened_for_the_first_figures(tmp_path: Path) -> None:
    sample = SampleRecord(0, 0.0, 0.0, 0, "La", "greedy", "mer", -1.0, 3)
    mirror = Mirror(tmp_path, 0)
    mirror.add(EventRecord(0, "started", "on cpu", 0.0))
    mirror.add(sample)
    assert list(tmp_path.iterdir()) == []
    mirror.add(EvalRecord(1, 0.5, 1.0, 2.0, True))
    mirror.add(replace(sample, step=1))
    mirror.close()
    result = EventAccumulator(str(tmp_path))
    result.Reload()
    events = result.Tensors("samples/0 greedy/text_summary")
    assert [event.step for event in events] == [0, 1]
    assert scalars(result, "loss/val") == {1: 2.0}


@pytest.mark.parametrize(("step", "num_files"), [(0, 0), (8, 1)])
def test_a_run_without_figures_has_a_file_only_to_discard_later_ones(
    step: int, num_files: int, tmp_path: Path
) -> None:
    Mirror(tmp_path, step).close()
    assert len(list(tmp_path.iterdir())) == num_files
