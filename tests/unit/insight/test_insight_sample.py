"""The sample that is looked at: the same at every look, without padding."""

from __future__ import annotations

import numpy as np
import torch

from rnnlab.base.locations import shipped_runs
from rnnlab.corpora.tasks.stream import StreamSplit
from rnnlab.insight import InspectedModel, draw_sample, probe
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import decode, encode
from tests.toys.models import LETTERS, make_model


def test_a_split_of_two_letters_gives_a_sample_that_can_be_looked_at() -> None:
    loaded = make_model(cell="gru")
    sample = draw_sample(StreamSplit(np.array([1, 2]), 1, 20), 8, 20, torch.device("cpu"))
    assert sample.tokens_BT.tolist() == [[1]] * 8
    record = probe(loaded.model, sample, 3).record
    assert (record.num_rows, record.length, record.half_life["l0"]) == (8, 1, None)
    assert decode(encode(record)) == record


def test_a_sample_is_the_same_at_every_look_and_has_no_padding() -> None:
    ids = np.random.default_rng(0).integers(0, len(LETTERS), 500)
    split = StreamSplit(ids, 1, 20)
    first, again = (draw_sample(split, 8, 20, torch.device("cpu")) for _ in range(2))
    assert torch.equal(first.tokens_BT, again.tokens_BT)
    assert first.tokens_BT.shape == (8, 20)
    assert torch.equal(first.tokens_BT[:, 1:], first.targets[:, :-1])
    assert int(first.tokens_BT.min()) >= 0


def test_the_text_of_a_sentence_model_has_sentences_of_typical_lengths() -> None:
    subject = InspectedModel(RunPaths(shipped_runs()[0]))
    ids = subject.read(None, most=400)
    assert len(ids) == 400
    vocabulary = subject.loaded.vocabulary
    text = "".join("\n" if i == vocabulary.eos else vocabulary.tokens[i] for i in ids.tolist())
    sentences = text.strip("\n").split("\n")
    assert max(map(len, sentences)) >= 40
    assert len(sentences) < 20, "not the shortest ones of the split"
    assert ids.tolist() == subject.read(None, most=400).tolist(), "always the same ones"
