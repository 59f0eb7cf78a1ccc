"""The description in a file of weights, and the program of the documents that reads it."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

import rnnlab
from rnnlab.corpora import EOS, UNK, Vocabulary
from rnnlab.decoding import parse_spec
from rnnlab.inference import LoadedModel, continue_prefilled, encode_prompt, load_model, prefill
from rnnlab.models import build_model, describe, save_weights
from rnnlab.runs.intact import integrity
from rnnlab.runs.paths import RunPaths
from rnnlab.settings.run_config import RunConfig
from tests.prose.tables import all_tables
from tests.prose.texts import ROOT

LENGTH = 40
SETTING_LINE = re.compile(r"^FILE, PROMPT, LENGTH = .*$", re.MULTILINE)


def program() -> str:
    """Return the program of the documents."""
    text = (ROOT / "docs" / "reading-the-weights.md").read_text(encoding="utf-8")
    [code] = re.findall(r"<!-- program: continue -->\n```python\n(.*?)```", text, re.DOTALL)
    assert len(SETTING_LINE.findall(code)) == 1
    return str(code)


def run_program(file: Path, prompt: str) -> str:
    """Return what the program prints for a file of weights and a prompt."""
    line = f"FILE, PROMPT, LENGTH = {str(file)!r}, {prompt!r}, {LENGTH}"
    code = SETTING_LINE.sub(lambda _: line, program())
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "reading-the-weights.md", "exec"), {})
    return out.getvalue()


def make(task: str, tokens: str, **settings: Any) -> LoadedModel:
    """Return a model with large random weights, so that its text does not soon repeat itself.

    In double precision, so that no rounding can change which token is the most probable one.
    """
    values = {"corpus": "x", "hidden": 12, "embedding": 6, "dtype": "float64", **settings}
    config = RunConfig.from_values({"task": task, "tokens": tokens, **values})
    if tokens == "words":
        words = [" the", " king", " eats", ",", " bread", " and", "The", " it's", "."]
        names = [*([EOS] if task == "sentences" else []), UNK, *words]
        vocabulary = Vocabulary(tuple(names), "words", config.alphabet)
    else:
        letters = sorted(
            {*"the king eats, bread.", *("é\n" if config.alphabet == "unicode" else "")}
        )
        specials = [EOS] if task == "sentences" else []
        vocabulary = Vocabulary((*specials, *letters), "chars", config.alphabet)
    model = build_model(config, vocabulary).eval()
    random = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.uniform_(-2.5, 2.5, generator=random)
            if "bias" in name:  # large biases repeat one token for ever
                parameter.mul_(0.1)
        for special in (vocabulary.eos, vocabulary.unk):
            if special is not None:
                model.head.bias[special] = -30.0  # rnnlab may write <unk>; an end would be early
    return LoadedModel(model, vocabulary, config, 1, "mine")


def greedy(loaded: LoadedModel, prompt: str) -> str:
    """Return rnnlab's own greedy continuation."""
    specs = [parse_spec("greedy")]
    prefilled = prefill(loaded, [encode_prompt(loaded.vocabulary, prompt)], specs)
    *_, last = continue_prefilled(loaded, prefilled, specs[0], LENGTH, num=1, seed=1)
    [answer] = last.answers()
    return answer.continuation


OPTIONS: list[dict[str, Any]] = [
    {"cell": "rnn"}, {"cell": "gru"}, {"cell": "lstm"},
    {"cell": "lstm", "layers": 3}, {"cell": "gru", "layers": 3, "residual": True},
    {"cell": "lstm", "layers": 2, "residual": True, "one_hot": True},
    {"cell": "gru", "tied": True, "embedding": 12}, {"cell": "rnn", "one_hot": True},
    {"cell": "lstm", "alphabet": "ascii"},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("tokens", ["chars", "words"])
@pytest.mark.parametrize("task", ["stream", "sentences"])
def test_the_program_of_the_documents_writes_what_rnnlab_writes(
    task: str, tokens: str, options: dict[str, Any], tmp_path: Path
) -> None:
    loaded = make(task, tokens, **options)
    file = tmp_path / "weights.safetensors"
    save_weights(file, loaded.model, describe(loaded.config, loaded.vocabulary))
    for prompt in ("", "The king " if tokens == "words" else "the king "):
        expected = greedy(loaded, prompt)
        assert len(expected) >= LENGTH
        assert run_program(file, prompt) == expected


def test_the_program_stops_at_the_end_of_a_sentence(tmp_path: Path) -> None:
    loaded = make("sentences", "chars", cell="gru")
    with torch.no_grad():
        loaded.model.head.bias[0] = 6.0
    file = tmp_path / "weights.safetensors"
    save_weights(file, loaded.model, describe(loaded.config, loaded.vocabulary))
    expected = greedy(loaded, "the k")
    assert len(expected) < LENGTH
    assert run_program(file, "the k") == expected


def test_the_program_reads_the_shipped_model() -> None:
    [name] = re.findall(r'FILE, PROMPT, LENGTH = "(.*?)"', program())
    file = ROOT / name
    assert integrity(file) == "intact"
    loaded = load_model(RunPaths(file.parent))
    assert run_program(file, "The ") == greedy(loaded, "The ")


def read_about(file: Path) -> dict[str, Any]:
    with safe_open(file, "numpy") as stored:
        fields: dict[str, Any] = json.loads(stored.metadata()["rnnlab"])
    return fields


def test_the_description_has_the_fields_of_the_documents(tmp_path: Path) -> None:
    loaded = make("sentences", "words", cell="gru", layers=2, residual=True, one_hot=True)
    file = tmp_path / "weights.safetensors"
    save_weights(file, loaded.model, describe(loaded.config, loaded.vocabulary))
    about = read_about(file)
    [table] = (table for table in all_tables() if table.kind == "about")
    assert set(table.first_column()) == set(about)
    vocabulary = about.pop("vocabulary")
    assert about == {
        "format": 1, "version": rnnlab.__version__, "task": "sentences", "cell": "gru", "layers": 2,
        "hidden": 12, "embedding": None, "residual": True, "bidirectional": False, "tied": False,
        "one_hot": True, "pooling": "last", "boundary": 0,
    }  # fmt: skip
    assert vocabulary["tokens"] == list(loaded.vocabulary.tokens)
    assert vocabulary["kind"] == "words"
    assert (vocabulary["eos"], vocabulary["unk"], vocabulary["pad"]) == (0, 1, None)


@pytest.mark.parametrize("kind", ["chars", "words", "lowercase"])
def test_the_pattern_divides_a_text_as_the_vocabulary_does(kind: Any) -> None:
    vocabulary = Vocabulary(("a",), kind)
    text = "It's 3 o'clock,\n the <unk> king: l\N{RIGHT SINGLE QUOTATION MARK}été!  x_y"
    rules = vocabulary.rules()
    lower = text.lower() if rules["is_lowercase"] else text
    assert re.findall(rules["pattern"], lower) == vocabulary.split(text)


def test_a_description_that_is_too_large_leaves_the_tokens_out() -> None:
    loaded = make("stream", "chars", cell="gru")
    fields = json.loads(describe(loaded.config, loaded.vocabulary, most_bytes=400)["rnnlab"])
    assert fields["vocabulary"]["tokens"] is None
    assert fields["cell"] == "gru"
