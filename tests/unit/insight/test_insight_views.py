"""What the views say, against slow and naive ways to the same numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from torch.nn import functional

from rnnlab import registry
from rnnlab.corpora import Split, Vocabulary
from rnnlab.corpora.tasks.stream import StreamSplit
from rnnlab.errors import BadInputError
from rnnlab.insight import (
    Sample,
    Subject,
    ThroughTime,
    Wishes,
    _properties,
    draw_sample,
    inspect,
    memory,
    time,
)
from rnnlab.insight import look as look_once
from rnnlab.insight._properties import PROPERTIES, predictiveness, property_of
from rnnlab.insight._recurrent import power_norms, radius, recurrent_matrices
from rnnlab.insight.gradients import gradient_norms
from rnnlab.models import LoadedModel
from rnnlab.plots import Finding, ShadedText, draw_picture, finding_from_json
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import decode, encode
from tests.toys.models import (
    CELLS,
    LETTERS,
    Steps,
    make_model,
    random_sample,
)

TEXT = "A bad cab. Feed a dad.\nBabe fade a deaf bead.\n"
VIEWS = registry.names("insight")


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Finding]:
    """Return look(view, loaded, **wishes): one finding, held-out text being random letters."""

    def find(view: str, loaded: LoadedModel, **wishes: object) -> Finding:
        other = wishes.pop("other", None)
        if isinstance(other, LoadedModel):
            wishes["other"] = Subject(RunPaths(tmp_path / "other"), load=lambda: other)
        subject = Subject(RunPaths(tmp_path / "run"), load=lambda: loaded)
        if loaded.config.task != "classify":
            split: Split = StreamSplit(random_sample(loaded, 1, 400).tokens_BT[0].numpy(), 1, 50)
        else:
            split = _Documents(loaded)
        dataset = type("Data", (), {"splits": {"val": split}})
        monkeypatch.setattr(Subject, "dataset", dataset)
        [finding] = inspect(subject, view, Wishes(**wishes))  # type: ignore[arg-type]
        return finding

    return find


class _Documents(Split):
    def __init__(self, loaded: LoadedModel) -> None:
        self._sample = random_sample(loaded, 9, 30)

    def num_batches(self) -> int:
        return 1

    def train_batches(self, epoch: int, start: int = 0) -> Iterator[object]:  # type: ignore[override]
        raise AssertionError("a look reads no training batch")

    def eval_batches(self, max_tokens: int = 0) -> Iterator[object]:  # type: ignore[override]
        from rnnlab.corpora import Batch

        tokens, classes = (part.numpy() for part in self._sample)
        yield Batch(tokens, classes, len(tokens), is_start=True, lengths_B=np.full(len(tokens), 30))


@pytest.mark.parametrize("view", [view for view in VIEWS if view != "difference"])
@pytest.mark.parametrize("cell", CELLS)
def test_every_view_looks_into_every_cell_where_it_can(
    look: Callable[..., Finding], view: str, cell: str
) -> None:
    loaded = make_model(cell=cell, length=20)
    if view == "spectrum" and cell.startswith("min"):
        with pytest.raises(BadInputError, match="no recurrent weights"):
            look(view, loaded)
        return
    finding = look(view, loaded)
    assert finding.says
    assert all(draw_picture(picture, 78) for picture in finding.pictures)
    assert finding_from_json(finding.to_json()).pictures


@pytest.mark.parametrize("view", ["gradients", "time", "gates", "memory", "neurons", "spectrum"])
@pytest.mark.parametrize("settings", [{"bidirectional": True}, {"pooling": "mean"}])
def test_a_classifier_is_looked_into_with_its_documents(
    look: Callable[..., Finding], view: str, settings: dict[str, object]
) -> None:
    loaded = make_model(cell="gru", task="classify", **settings)
    assert look(view, loaded, property="word-start").pictures


def test_gradients_are_those_of_backward(
    monkeypatch: pytest.MonkeyPatch, look: Callable[..., Finding]
) -> None:
    loaded = make_model(cell="lstm")
    sample = random_sample(loaded)
    found = gradient_norms(loaded.model, sample)
    Steps(loaded, monkeypatch).losses(sample)[1].backward()  # type: ignore[no-untyped-call]
    for name, parameter in loaded.model.named_parameters():
        assert parameter.grad is not None
        assert found[name] == pytest.approx(parameter.grad.norm().item(), rel=1e-9)
    share = look("gradients", loaded).figures["first_over_last"]
    norms = look("gradients", loaded).figures["grad_norms"]
    assert share == norms["rnn.weight_hh_l0"] / norms["rnn.weight_hh_l1"]


def test_what_is_said_to_be_left_of_a_gradient_is_what_was_measured(
    look: Callable[..., Finding],
) -> None:
    found = look("time", make_model(cell="gru", layers=1))
    norms = found.figures["of_last"]["l0"]
    left = norms[0] / norms[-2]
    assert f"{len(norms) - 2} steps further back" in found.says[0]
    said = float(found.says[0].partition("after one, ")[2].partition(" is left")[0])
    assert said == pytest.approx(left, rel=0.01, abs=5e-4)
    deep = look("time", make_model(cell="gru", layers=3))
    assert len(deep.says) <= 2, "the layers share their sentences"
    for name, life in deep.figures["half_life"].items():
        assert f"{life:.1f} ({name})" in deep.says[0]


def test_a_gradient_that_grows_before_it_fades_is_not_said_to_halve_all_the_way() -> None:
    back = torch.tensor([0.1, 0.2, 1.0, 3.0, 1.0, 0.3, 0.1])
    layers = [ThroughTime("l0", back.flip(0), back), ThroughTime("l1", back.sort()[0], back)]
    said = time._says(layers, {"l0": 3.0, "l1": 1.5})
    assert "of what is there after one, 0.5 (l0), 0.1 (l1) is left 5 steps" in said[0]
    assert said[1].startswith("It is largest 3 (l0) steps back, and fades from there on")
    assert len(time._says(layers[1:], {"l1": 1.5})) == 1


def test_a_gradient_that_has_vanished_is_not_said_to_last(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="rnn", layers=1)
    with torch.no_grad():
        loaded.model.rnn.weight_hh_l0.zero_()  # type: ignore[operator]
    found = look("time", loaded)
    assert found.figures["half_life"] == {"l0": 0.0}
    length = found.figures["sample"]["length"]
    assert found.says == (f"In l0 the gradient is gone: it reaches 1 of {length} steps at most.",)


def test_shares_of_gates_are_counted_one_by_one(
    look: Callable[..., Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = make_model(cell="lstm")
    with torch.no_grad():
        for parameter in loaded.model.parameters():
            parameter.mul_(4)
    found = look("gates", loaded, text=TEXT.lower())
    ids = [loaded.vocabulary.tokens.index(letter) for letter in TEXT.lower()]
    steps = Steps(loaded, monkeypatch)
    steps.losses(Sample(torch.tensor([ids[:-1]]), torch.tensor([ids[1:]])))
    num = len(ids) - 1
    for layer, (number, letter) in itertools.product((0, 1), ((0, "i"), (1, "f"), (3, "o"))):
        values = torch.stack([g[number][0] for g in steps.gates[layer * num : (layer + 1) * num]])
        figures = found.figures["gates"][f"l{layer}.{letter}"]
        flat = values.flatten().tolist()
        assert figures["shut"] == pytest.approx(sum(v < 0.05 for v in flat) / len(flat), abs=1e-6)
        assert figures["open"] == pytest.approx(sum(v > 0.95 for v in flat) / len(flat), abs=1e-6)
        assert figures["unit_shut"] == pytest.approx(
            [sum(v < 0.05 for v in unit.tolist()) / num for unit in values.T], abs=1e-6
        )
        first_bin = sum(v < 0.05 for v in flat) / len(flat)
        assert figures["histogram"][0] == pytest.approx(first_bin, abs=1e-6)


@pytest.mark.parametrize(("cell", "low", "high"), [("rnn", -0.9, 0.9), ("rnn-sigmoid", 0.05, 0.95)])
def test_of_a_cell_without_gates_the_ends_of_the_state_count(
    look: Callable[..., Finding], cell: str, low: float, high: float
) -> None:
    loaded = make_model(cell=cell, layers=1)
    with torch.no_grad():
        loaded.model.rnn.weight_ih_l0.mul_(6)  # type: ignore[operator]
    found = look("gates", loaded, text=TEXT.lower())
    from rnnlab.insight._units import activations

    ids = np.array([loaded.vocabulary.tokens.index(letter) for letter in TEXT.lower()[:-1]])
    h = activations(loaded.model, ids)["l0"]
    figures = found.figures["gates"]["l0.h"]
    assert found.figures["is_state"]
    assert figures["shut"] == pytest.approx((h < low).double().mean().item(), abs=1e-6)
    assert figures["open"] == pytest.approx((h > high).double().mean().item(), abs=1e-6)


def test_the_spectrum_is_numpys(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="gru", layers=1)
    found = look("spectrum", loaded, gate="z").figures["spectra"]
    W = recurrent_matrices(loaded.model)["l0.z"].numpy()
    assert list(found) == ["l0.z"]
    values = sorted(np.linalg.eigvals(W), key=lambda z: (-abs(z), z.imag))
    ours = sorted(
        (complex(*z) for z in found["l0.z"]["eigenvalues"]), key=lambda z: (-abs(z), z.imag)
    )
    np.testing.assert_allclose(ours, values, rtol=1e-10)
    norm = np.linalg.svd(W, compute_uv=False)[0]
    assert found["l0.z"]["norm"] == pytest.approx(norm)
    power = np.linalg.norm(np.linalg.matrix_power(W, 7), 2)
    assert found["l0.z"]["power_norms"][6] == pytest.approx(power)
    assert found["l0.z"]["bound"][6] == pytest.approx(norm**7)


def test_the_bound_of_a_plain_network_holds(look: Callable[..., Finding]) -> None:
    for cell, gamma in (("rnn", 1.0), ("rnn-sigmoid", 0.25)):
        loaded = make_model(cell=cell, layers=1)
        figures = look("spectrum", loaded).figures
        assert (figures["gamma"], figures["is_bound_of_gradient"]) == (gamma, {"l0.h": True})
        norms = figures["gradient"]["l0"]
        for k, bound in enumerate(figures["spectra"]["l0.h"]["bound"][: len(norms) - 1], 1):
            assert norms[k] <= norms[0] * bound * (1 + 1e-9)


def test_the_bound_is_claimed_where_nothing_else_leads_back(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="rnn")
    with torch.no_grad():
        loaded.model.rnn.weight_hh_l0.copy_(torch.eye(7) / 2)  # type: ignore[operator]
        loaded.model.rnn.weight_hh_l1.copy_(torch.eye(7) / 2)  # type: ignore[operator]
    found = look("spectrum", loaded)
    assert found.figures["is_bound_of_gradient"] == {"l0.h": False, "l1.h": True}
    assert "other ways back" in found.says[0]
    assert "shrinks at least to 0.00098" in found.says[1]
    pooled = make_model(cell="rnn", task="classify", pooling="mean", layers=1)
    assert look("spectrum", pooled).figures["is_bound_of_gradient"] == {"l0.h": False}
    both = make_model(cell="rnn", task="classify", pooling="last", layers=1, bidirectional=True)
    bounded = look("spectrum", both).figures["is_bound_of_gradient"]
    assert bounded == {"l0.h": True, "l0_reverse.h": True}


def test_a_net_that_has_diverged_has_no_radius() -> None:
    W = torch.full((3, 3), math.nan)
    assert math.isnan(radius(W))
    assert all(map(math.isnan, power_norms(W)))
    nilpotent = torch.tensor([[0.0, 1.0], [0.0, 0.0]])
    assert radius(nilpotent) == 0.0
    assert power_norms(nilpotent)[:3] == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("size", [1, 8, 60])
def test_the_radius_by_squaring_is_that_of_the_eigenvalues(size: int) -> None:
    chance = torch.Generator().manual_seed(size)
    W = torch.randn(size, size, generator=chance) * 3
    expected = np.abs(np.linalg.eigvals(W.double().numpy())).max()
    assert radius(W) == pytest.approx(expected, rel=0.01)
    norms = [np.linalg.norm(np.linalg.matrix_power(W.double().numpy(), 2**m)) for m in range(7)]
    assert power_norms(W) == pytest.approx(norms, rel=1e-3)
    assert radius(torch.zeros(size, size)) == 0.0


def test_a_unit_is_ranked_by_the_pairs_it_puts_right() -> None:
    chance = np.random.default_rng(5)
    flags = (chance.random(40) < 0.3).astype(float)
    values = np.round(chance.normal(size=(40, 6)), 1)
    for unit, score in enumerate(predictiveness(values, flags)):
        pairs = [
            float(np.sign(values[i, unit] - values[j, unit]))
            for i in range(40)
            for j in range(40)
            if flags[i] and not flags[j]
        ]
        assert score == pytest.approx(sum(pairs) / len(pairs))
    numbers = chance.normal(size=40)
    expected = [np.corrcoef(values[:, unit], numbers)[0, 1] for unit in range(6)]
    assert predictiveness(values, numbers) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("wish", "text", "expected"),
    [
        ("quotes", 'a "b" c', "0011000"),
        ("capital", "aBcD", "0101"),
        ("after-vowel", "bad e", "00100"),
        ("word-start", "ab cd.e", "1001001"),
        ("line-position", "ab\ncd", "01201"),
        ("b+", "abbcb", "01101"),
    ],
)
def test_a_property_of_letters(wish: str, text: str, expected: str) -> None:
    assert property_of(wish, text).tolist() == [float(flag) for flag in expected]


def test_a_word_has_what_any_of_its_letters_has() -> None:
    words = ("A", " king", " Bob", "bed", "\n", "so")
    assert property_of("capital", words).tolist() == [1.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    assert property_of("word-start", words).tolist() == [1.0, 1.0, 1.0, 0.0, 0.0, 1.0]
    assert property_of("line-position", words).tolist() == [0.0, 5.0, 9.0, 12.0, 13.0, 1.0]
    with pytest.raises(BadInputError, match="for all tokens of the text"):
        property_of("word-start", (" a", " b"))


def test_neurons_of_a_model_of_words_are_ranked_by_numbers(look: Callable[..., Finding]) -> None:
    words = (" a", " Bed", " cab", "ab", " Dad", " fade", ".")
    letters = make_model(cell="rnn", layers=1, corpus="words")
    tokens = (*words, *(f" w{i}" for i in range(len(LETTERS) - len(words))))
    loaded = replace(letters, vocabulary=Vocabulary(tokens, "words"))
    for wish in (None, "capital", "word-start"):
        figures = look("neurons", loaded, property=wish).figures
        assert figures["property"] == (wish or "capital")
        scores = [one["score"] for one in figures["ranking"]]
        assert all(-1.0 <= score <= 1.0 for score in scores)
        assert max(map(abs, scores)) > 0.0
    assert _properties.usual_property((" a", " b", " c")) == "line-position"


def test_how_many_tokens_a_score_is_of_is_said(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="rnn", layers=1)
    said = look("neurons", loaded, text="abcd abcd abc", property="d").says[0]
    assert said.endswith(", on 2 of 13 letters.")
    of_number = look("neurons", loaded, text="abcd abcd abc", property="line-position").says[0]
    assert " of 13 letters" not in of_number


def test_words_of_documents_are_set_apart(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="gru", task="classify")
    found = look("neurons", loaded, property="a")
    assert found.figures["tokens"]
    assert all(token[0] == " " for token in found.figures["tokens"])
    assert any("after every word" in picture.title for picture in found.pictures)


def test_a_document_has_one_target_and_so_one_curve_through_time(
    look: Callable[..., Finding],
) -> None:
    for settings, num in (({}, 2), ({"task": "classify"}, 1)):
        found = look("time", make_model(cell="gru", **settings))
        assert sum(p.title.startswith("||dL/dh||") for p in found.pictures) == num


def test_what_is_saturated_is_said_gate_by_gate(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="lstm")
    with torch.no_grad():
        for parameter in loaded.model.parameters():
            parameter.mul_(30)
    found = look("gates", loaded, text=TEXT.lower())
    assert 0 < len(found.says) <= 6, "the layers of a gate share a sentence"
    for name, figures in found.figures["gates"].items():
        layer, _, gate = name.partition(".")
        share = max(figures["shut"], figures["open"])
        is_said = any(f"Gate {gate} " in s and f"{share:.0%} ({layer})" in s for s in found.says)
        assert is_said == (share >= 0.2)
    state = look("gates", make_model(cell="rnn"), text=TEXT.lower())
    assert all(len(picture.title) <= 77 for picture in state.pictures)


def test_a_net_that_gains_nothing_by_reading_more_is_not_said_to() -> None:
    said = memory._says([1, 2, 9], [0.7, 0.69, 0.71], [0.1, 0.1, 0.1], 2)
    assert "the gain" not in said[0]
    assert "no gain" in said[0]
    assert "95% of the gain is there with 2" in memory._says([1, 2], [0.7, 0.6], [0.1, 0.1], 2)[0]


def test_a_regular_expression_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_properties, "PATIENCE_S", 0.05)
    with pytest.raises(BadInputError, match="takes longer than"):
        property_of("(a+)+b", "a" * 60)
    assert set(PROPERTIES) == {"quotes", "line-position", "capital", "after-vowel", "word-start"}


def test_a_neuron_that_was_made_to_tell_a_letter_is_found(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="rnn", layers=1, one_hot=True)
    letter = loaded.vocabulary.tokens.index("d")
    with torch.no_grad():
        weight_ih = dict(loaded.model.named_parameters())["rnn.weight_ih_l0"]
        weight_ih[0] = -3.0
        weight_ih[0, letter] = 20.0
    found = look("neurons", loaded, text=TEXT.lower(), property="d").figures
    assert (found["unit"], found["ranking"][0]["unit"]) == ("l0.0", "l0.0")
    assert found["ranking"][0]["score"] == pytest.approx(1.0)
    places = [peak["place"] for peak in found["peaks"]]
    assert {TEXT[place].lower() for place in places[:4]} == {"d"}
    assert len(found["values"]) == len(TEXT)


def test_memory_is_what_reading_less_and_reading_otherwise_costs() -> None:
    loaded = make_model(cell="lstm", layers=1)
    sample = random_sample(loaded, rows=5, length=9)
    model = loaded.language_model
    losses = memory.loss_by_context(model, sample, [1, 4, 9])
    for k, loss in zip((1, 4, 9), losses, strict=True):
        one_by_one = []
        for row, target in zip(sample.tokens_BT, sample.targets[:, -1], strict=True):
            state = model.start_state(1)
            for token in row[-k:]:
                log_probs_1V, state = model.step(state, token[None])
            one_by_one.append(-log_probs_1V[0, target].item())
        assert loss == pytest.approx(sum(one_by_one) / 5)
    effects = memory.effect_by_distance(model, sample, [1, 9])
    assert all(effect > 0 for effect in effects)
    assert memory.effect_by_distance(model, sample, [1, 9]) == effects


def test_a_net_that_forgets_all_has_a_memory_of_one_token(look: Callable[..., Finding]) -> None:
    loaded = make_model(cell="rnn", layers=1)
    with torch.no_grad():
        loaded.model.rnn.weight_hh_l0.zero_()  # type: ignore[operator]
    figures = look("memory", loaded).figures
    assert figures["reach"] == 1
    assert figures["losses"] == pytest.approx([figures["losses"][0]] * len(figures["losses"]))
    assert figures["effects"][1:] == pytest.approx([0.0] * (len(figures["effects"]) - 1), abs=1e-12)


def test_a_difference_is_the_divergence_of_two_distributions(look: Callable[..., Finding]) -> None:
    one, other = make_model(cell="gru", layers=1), make_model(cell="lstm", layers=1)
    text = TEXT.lower()
    found = look("difference", one, other=other, text=text).figures
    ids = torch.tensor([[one.vocabulary.tokens.index(letter) for letter in text]])
    p, q = (m.language_model.read(ids)[0][0, :-1] for m in (one, other))
    for place in (0, 7, len(text) - 1):
        kl = functional.kl_div(q[place], p[place], reduction="sum", log_target=True).item()
        assert found["kl"][place] == pytest.approx(kl)
        target = ids[0, place]
        assert found["logprobs"][0][place] == pytest.approx(p[place, target].item())
        assert found["logprobs"][1][place] == pytest.approx(q[place, target].item())
    losses = [model["loss_nats"] for model in found["models"]]
    assert losses[0] == pytest.approx(-np.mean(found["logprobs"][0]))
    shaded = look("difference", one, other=other, text=text).pictures[0]
    assert isinstance(shaded, ShadedText)
    assert shaded.high.split(" by ")[1].split()[0] == shaded.low.split(" by ")[1]
    same = look("difference", one, other=one, text=text)
    assert same.figures["mean_kl"] == pytest.approx(0.0, abs=1e-12)
    assert "alike" in same.says[0]


@pytest.mark.parametrize("kind", ["chars", "words"])
def test_a_difference_is_of_letters_or_of_words(
    look: Callable[..., Finding], kind: Literal["chars", "words"]
) -> None:
    one, other = (
        replace(model, vocabulary=replace(model.vocabulary, kind=kind))
        for model in (make_model(cell="gru"), make_model(cell="lstm"))
    )
    noun = "letter" if kind == "chars" else "word"
    for found in (look("difference", one, other=other), look("difference", one, other=one)):
        assert f" nats a {noun}" in found.says[0]


@pytest.mark.parametrize(
    ("view", "settings", "wishes", "words"),
    [
        ("memory", {}, {"text": "abc"}, "3 letters; this needs 16"),
        ("time", {}, {"text": "ab"}, "needs 5"),
        ("neurons", {}, {"text": "abc"}, "needs 8"),
        ("neurons", {}, {"unit": "l9.1"}, "no unit l9.1"),
        ("neurons", {}, {"unit": "7"}, "no unit l1.7"),
        ("neurons", {}, {"unit": "seven"}, "is no unit"),
        ("neurons", {}, {"property": "[a"}, "no regular expression"),
        ("neurons", {}, {"property": "zzz"}, "for none"),
        ("gates", {"cell": "rnn"}, {"gate": "f"}, "rnn has no gates"),
        ("gates", {"cell": "gru"}, {"gate": "f"}, "its gates: r, z"),
        ("gates", {}, {"unit": "l0.99", "text": "abcdef"}, "no unit l0.99"),
        ("spectrum", {}, {"gate": "z"}, "no gate 'z'"),
        ("time", {"task": "classify"}, {"text": "abcdef"}, "not known"),
        ("gates", {}, {"text": "abcé\x1b"}, "never saw"),
        ("difference", {}, {}, "--with"),
        ("dreams", {}, {}, "unknown view 'dreams'"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_in_a_line(
    look: Callable[..., Finding],
    view: str,
    settings: dict[str, object],
    wishes: dict[str, object],
    words: str,
) -> None:
    with pytest.raises(BadInputError) as caught:
        look(view, make_model(**settings), **wishes)
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("view", [view for view in VIEWS if view != "difference"])
def test_a_model_that_overflows_is_refused_in_a_line(
    look: Callable[..., Finding], view: str
) -> None:
    loaded = make_model(cell="rnn-relu", layers=1, dtype="float32")
    with torch.no_grad():
        for parameter in loaded.model.parameters():
            parameter.fill_(1e30)
    with pytest.raises(BadInputError, match="overflow at step 0"):
        look(view, loaded, text=TEXT.lower())


def test_models_that_know_other_letters_are_not_compared(look: Callable[..., Finding]) -> None:
    one, other = make_model(), make_model(task="sentences")
    with pytest.raises(BadInputError, match="do not know the same letters"):
        look("difference", one, other=other, text="abcdef")


def test_a_split_of_two_letters_gives_a_sample_that_can_be_looked_at() -> None:
    loaded = make_model(cell="gru")
    sample = draw_sample(StreamSplit(np.array([1, 2]), 1, 20), 8, 20, torch.device("cpu"))
    assert sample.tokens_BT.tolist() == [[1]] * 8
    record = look_once(loaded.model, sample, 3).record
    assert (record.num_rows, record.length, record.half_life["l0"]) == (8, 1, None)
    assert decode(encode(record)) == record


def test_a_sample_is_the_same_at_every_look_and_has_no_padding() -> None:

    ids = np.random.default_rng(0).integers(0, len(LETTERS), 500)
    split = StreamSplit(ids, 1, 20)
    first, again = (draw_sample(split, 8, 20, torch.device("cpu")) for _ in range(2))
    assert torch.equal(first.tokens_BT, again.tokens_BT)
    assert first.tokens_BT.shape == (8, 20)
    assert torch.equal(first.tokens_BT[:, 1:], first.targets[:, :-1])
    assert not math.isnan(first.tokens_BT.sum().item())
