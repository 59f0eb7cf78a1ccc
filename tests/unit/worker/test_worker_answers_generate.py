"""A request with several decoders runs its prompt through the model once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnlab.base.files import replace_text
from rnnlab.corpora import Vocabulary
from rnnlab.models import LanguageModel, build_model, save_weights
from rnnlab.protocol.messages import Answer, Generate, Progress, Reply
from rnnlab.runs.paths import RunPaths
from rnnlab.settings.run_config import RunConfig
from rnnlab.worker import AnswerContext, ModelCache, generate


def test_three_decoders_share_one_prefill_and_answer_as_if_each_were_asked_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = RunConfig.from_values({"corpus": "none", "hidden": 7})
    vocabulary = Vocabulary.count("abcde ")
    paths = RunPaths(tmp_path / "run")
    paths.root.mkdir()
    replace_text(paths.config, config.to_toml())
    vocabulary.save(paths.vocabulary)
    save_weights(paths.weights(1), build_model(config, vocabulary))
    replace_text(paths.pointer("last"), "1\n")
    begun: list[int] = []
    begin = LanguageModel.begin

    def counted(model: LanguageModel, batch: int) -> Any:
        begun.append(batch)
        return begin(model, batch)

    monkeypatch.setattr(LanguageModel, "begin", counted)
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
