"""Prompts, scores, classes and evaluations of the plain cells import neither torch nor pydantic."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rnnlab.base.files import replace_text
from rnnlab.corpora import PAD, UNK, Vocabulary
from rnnlab.models import build_model, save_weights
from rnnlab.protocol.codec import decode_reply, encode_request
from rnnlab.protocol.messages import Distributions, Ended, Expand, Generate, Progress, Question
from rnnlab.runs.journal import Journal
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import SampleRecord
from rnnlab.settings.run_config import RunConfig
from tests.toys.environment import known_environment
from tests.toys.steppers import needs_native

pytestmark = [pytest.mark.process, needs_native]

RUN_THEN_LIST = """
import contextlib, io, json, sys
from rnnlab.cli import run
done = []
for arguments in json.loads(sys.argv[1]):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = run(arguments)
    done.append([arguments[0], code, printed.getvalue(), sorted(sys.modules)])
print(json.dumps(done))
"""

ANSWER_THEN_LIST = """
import sys
from rnnlab.worker.generate import main
code = main()
slow = {"torch", "pydantic"} & set(sys.modules)
sys.exit(f"{slow} was imported" if slow else code)
"""


def save_run(folder: Path, name: str, vocabulary: Vocabulary, **settings: Any) -> RunPaths:
    values = {"corpus": "none", "hidden": 9, "embedding": 4, **settings}
    config = RunConfig.from_values(values)
    paths = RunPaths(folder / "runs" / name)
    paths.root.mkdir(parents=True)
    replace_text(paths.config, config.to_toml())
    vocabulary.save(paths.vocabulary)
    save_weights(paths.weights(1), build_model(config, vocabulary))
    for pointer in ("last", "best"):
        replace_text(paths.pointer(pointer), "1\n")
    return paths


def python(folder: Path, code: str, *arguments: str, typed: str = "", **extra: str) -> str:
    env = known_environment(folder, RNNLAB_CHECKPOINTS=str(folder / "runs"), **extra)
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, check=False, env=env, cwd=folder, input=typed,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_no_verb_of_inference_imports_torch_or_pydantic_for_a_plain_cell(tmp_path: Path) -> None:
    text = "la mer monte et descend. " * 40
    (tmp_path / "sea.txt").write_text(text)
    sea = save_run(tmp_path, "sea", Vocabulary.count(text), batch=2, length=20)
    with Journal(sea.samples) as samples:
        samples.append(SampleRecord(1, 0.1, 2.0, 0, "la", "greedy", " mer", -1.5, 4))
    words = Vocabulary((PAD, UNK, "fine", "dull"), "lowercase", classes=("bad", "good"))
    save_run(tmp_path, "film", words, task="classify", bidirectional=True)
    decoders = ["greedy", "beam:k=3", "sample", "contrastive"]
    verbs = [
        ["generate", "sea", "--prompt", "la", "--json", *(p for d in decoders for p in ("-d", d))],
        ["score", "sea", "--text", "la mer", "--json"],
        ["evaluate", "sea", "--file", "sea.txt", "--json"],
        ["classify", "film", "--text", "fine film", "--json"],
        ["samples", "sea", "--json"],
    ]
    done = json.loads(python(tmp_path, RUN_THEN_LIST, json.dumps(verbs)))
    assert [(verb, code) for verb, code, _, _ in done] == [(verb[0], 0) for verb in verbs]
    for verb, *_, modules in done:
        assert sorted({"torch", "pydantic"} & {*modules}) == [], verb
    # Torch gives the same answers.
    others = json.loads(python(tmp_path, RUN_THEN_LIST, json.dumps(verbs), RNNLAB_NATIVE="0"))
    assert "torch" in others[-1][-1]
    for (verb, _, mine, _), (_, code, other, _) in zip(done, others, strict=True):
        assert code == 0, verb
        assert plain(json.loads(mine)) == plain(json.loads(other)), verb


def test_a_greedy_continuation_imports_only_what_it_needs(tmp_path: Path) -> None:
    save_run(tmp_path, "sea", Vocabulary.count("la mer"))
    verbs = [["generate", "sea", "--prompt", "la", "-d", "greedy"]]
    [(_, code, _, modules)] = json.loads(python(tmp_path, RUN_THEN_LIST, json.dumps(verbs)))
    assert code == 0
    others = {
        "numpy.random", "rich.console", "rnnlab.corpora._add", "rnnlab.corpora._fetch",
        "rnnlab.decoding._trace", "rnnlab.decoding.beam", "rnnlab.inference._expand",
        "rnnlab.protocol.messages._questions",
    }  # fmt: skip
    assert sorted(others & {*modules}) == []


def plain(document: Any) -> Any:
    """Return a document without its floating-point figures, which may be rounded differently."""
    if isinstance(document, dict):
        return {key: plain(value) for key, value in document.items()}
    if isinstance(document, list):
        return [plain(value) for value in document]
    return None if isinstance(document, float) else document


def test_the_generator_process_answers_without_torch(tmp_path: Path) -> None:
    run = str(save_run(tmp_path, "sea", Vocabulary.count("la mer"), cell="gru").root)
    questions: list[Question] = [
        Generate(1, run, "la", ["greedy", "sample"], length=5),
        Distributions(2, run, "la", ["m", "e"], "greedy"),
        Expand(3, run, "la", [], [], "greedy"),
    ]
    typed = "".join(map(encode_request, questions))
    lines = python(tmp_path, ANSWER_THEN_LIST, typed=typed).splitlines()
    replies = [decode_reply(line) for line in lines]
    assert [reply.ask for reply in replies if isinstance(reply, Ended)] == [1, 2, 3]
    assert any(isinstance(reply, Progress) and reply.is_last for reply in replies)
    assert not any("Failed" in type(reply).__name__ for reply in replies)
