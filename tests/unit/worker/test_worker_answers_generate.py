"""Continuations share one prefill of the prompt; a classifier answers with its classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnlab import inference
from rnnlab.base.files import replace_text
from rnnlab.corpora import Vocabulary
from rnnlab.models import build_model, save_weights
from rnnlab.protocol.messages import (
    Answer,
    Classified,
    Ended,
    Failed,
    Generate,
    Progress,
    Reply,
    Started,
)
from rnnlab.runs.paths import RunPaths
from rnnlab.settings.run_config import RunConfig
from rnnlab.worker import AnswerContext, ModelCache, generate


def save_run(folder: Path, config: RunConfig, vocabulary: Vocabulary) -> RunPaths:
    """Write a run with one checkpoint, of the initial weights."""
    paths = RunPaths(folder)
    paths.root.mkdir()
    replace_text(paths.config, config.to_toml())
    vocabulary.save(paths.vocabulary)
    save_weights(paths.weights(1), build_model(config, vocabulary))
    replace_text(paths.pointer("last"), "1\n")
    return paths


def test_a_classifier_answers_with_its_classes_as_data_and_as_text(tmp_path: Path) -> None:
    config = RunConfig.from_values({"corpus": "none", "task": "classify", "hidden": 7})
    vocabulary = Vocabulary(("<pad>", "<unk>", *"abc"), "lowercase", classes=("bad", "very  good"))
    paths = save_run(tmp_path / "run", config, vocabulary)
    replies: list[Reply] = []
    request = Generate(1, str(paths.root), "abcab", [])
    generate.answer(request, AnswerContext(ModelCache(), replies.append, lambda _ask: False))
    started, classified, progress, ended = replies
    assert isinstance(started, Started)
    assert isinstance(classified, Classified)
    assert isinstance(progress, Progress)
    assert isinstance(ended, Ended)
    probabilities = list(classified.probabilities.values())
    assert set(classified.probabilities) == {"bad", "very  good"}
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1.0)
    lines = [f"\n{name}  {value:.1%}" for name, value in classified.probabilities.items()]
    assert progress.answers[0].tokens == lines
    replies.clear()
    empty = Generate(2, str(paths.root), " \n", [])
    generate.answer(empty, AnswerContext(ModelCache(), replies.append, lambda _ask: False))
    assert replies[0] == Failed(2, "there is no text to classify; write a document")


def test_three_decoders_share_one_prefill_and_answer_as_if_each_were_asked_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = RunConfig.from_values({"corpus": "none", "hidden": 7})
    vocabulary = Vocabulary.count("abcde ")
    paths = save_run(tmp_path / "run", config, vocabulary)
    begun: list[int] = []
    whole = inference.prefill

    def counted(loaded: Any, prompts: Any, specs: Any) -> Any:
        begun.append(len(prompts))
        return whole(loaded, prompts, specs)

    monkeypatch.setattr(inference, "prefill", counted)
    models = ModelCache()

    def answers(*specs: str) -> list[list[Answer]]:
        replies: list[Reply] = []
        request = Generate(1, str(paths.root), "abcab", list(specs), length=8, seed=3)
        generate.answer(request, AnswerContext(models, replies.append, lambda _ask: False))
        last = [reply for reply in replies if isinstance(reply, Progress) and reply.is_last]
        return [reply.answers for reply in sorted(last, key=lambda reply: reply.decoder)]

    specs = ("greedy:no_repeat=1", "sample", "contrastive")
    together = answers(*specs)
    assert begun == [1], "one prefill for three decoders"
    assert together == [answer for spec in specs for answer in answers(spec)]
    assert len(begun) == 1 + len(specs)
