"""Each text that rnnlab makes by its own law: brackets close, classes follow from texts."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import comedy, parse_spec, read_documents, reviews
from tests.toys.made_corpora import made_file, shipped_text, small, spec_of_name
from tests.toys.parsing import derivations


def test_the_embedded_reber_grammar_takes_seven_fair_choices_in_thirteen_letters() -> None:
    floor = spec_of_name("reber").floor("stream")
    assert floor is not None
    assert floor.loss_nats == pytest.approx(7 * math.log(2) / 13)
    for line in shipped_text("reber").splitlines():
        assert line[0] + line[-1] == "BE"
        assert line[1] == line[-2]


def test_brackets_close_in_the_order_in_which_they_were_opened() -> None:
    closes = dict(zip("([<«", ")]>»", strict=True))
    deepest = 0
    for line in shipped_text("brackets").splitlines():
        waiting: list[str] = []
        for mark in line:
            if mark == '"':
                is_closing = bool(waiting) and waiting[-1] == '"'
                waiting.pop() if is_closing else waiting.append('"')
                assert is_closing or waiting.count('"') == 1
            elif mark in closes:
                waiting.append(closes[mark])
            elif mark in closes.values():
                assert waiting.pop() == mark
            deepest = max(deepest, len(waiting))
        assert not waiting
    assert deepest >= 8


def test_two_persons_of_a_scene_speak_in_turns_with_the_gender_of_the_listener() -> None:
    scenes = shipped_text("comedy").split("SCÈNE ")[1:]
    assert len(scenes) > 500
    for scene in scenes:
        heading, *parts = scene.removesuffix("\n\n").split("\n\n")
        first, second = heading.partition(". ")[2].removesuffix(".").split(", ")
        *turns, ending = parts
        speakers, speeches = turns[::2], turns[1::2]
        for number, (said_by, speech) in enumerate(zip(speakers, speeches, strict=True)):
            speaker, listener = (first, second) if number % 2 == 0 else (second, first)
            assert said_by.removesuffix(".").partition(",")[0] == speaker
            wrong = "adame" if comedy.PERSONS[listener] == "m" else "onsieur"
            assert wrong not in speech
        assert ending == f"{speaker.capitalize()} sort."


@pytest.fixture(scope="module")
def judged() -> list[tuple[str, dict[str, float]]]:
    """Return new reviews, their labels, and the posterior of each label by parsing."""
    file = made_file(spec_of_name("reviews", documents="400", seed="77"))
    documents, grammar = read_documents(file), reviews.grammar()
    result = []
    for label, text in zip(documents.labels, documents.texts, strict=True):
        parses = derivations(grammar, text, *(f"label_{name}" for name in reviews.LABELS))
        likelihoods = {
            name: sum(map(math.exp, logprobs))
            for name, logprobs in zip(reviews.LABELS, parses, strict=True)
        }
        total = sum(likelihoods.values())
        result.append((label, {name: value / total for name, value in likelihoods.items()}))
    return result


def test_no_part_of_the_reviews_has_two_derivations_of_one_text() -> None:
    reviews.grammar().check_prefix_free()


def test_the_bayes_accuracy_equals_that_of_the_posterior_of_new_reviews(
    judged: list[tuple[str, dict[str, float]]],
) -> None:
    """Equals the mean of the best posterior, and the fraction of correct predictions."""
    floor = reviews.CORPUS.floor({}, "classify")
    assert floor is not None
    assert floor.accuracy is not None
    best = [max(posterior.values()) for _, posterior in judged]
    assert abs(sum(best) / len(best) - floor.accuracy) < 4 * deviation(best)
    right = [float(posterior[label] >= 0.5) for label, posterior in judged]
    assert abs(sum(right) / len(right) - floor.accuracy) < 4 * deviation(right)
    surprises = [-math.log(posterior[label]) for label, posterior in judged]
    assert abs(sum(surprises) / len(surprises) - floor.loss_nats) < 4 * deviation(surprises)


def deviation(values: list[float]) -> float:
    """Return the standard error of a mean."""
    mean = sum(values) / len(values)
    return math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values))


def test_the_bayes_accuracy_is_that_of_the_better_of_three_judgements() -> None:
    """The majority is correct with probability p^3 + 3 p^2 (1 - p), p = 17/20."""
    floor = reviews.CORPUS.floor({}, "classify")
    p = 17 / 20
    assert floor is not None
    assert floor.accuracy == pytest.approx(p**3 + 3 * p**2 * (1 - p))


def test_no_word_of_a_review_reveals_its_label() -> None:
    """Every word is equally frequent in good and bad reviews, within random error."""
    documents = read_documents(made_file(spec_of_name("reviews")))
    counts: dict[str, Counter[str]] = {"good": Counter(), "bad": Counter()}
    for label, text in zip(documents.labels, documents.texts, strict=True):
        counts[label].update(set(text.lower().replace(",", "").replace(".", "").split()))
    sizes = Counter(documents.labels)
    for word in set().union(*counts.values()):
        shares = [counts[label][word] / sizes[label] for label in ("good", "bad")]
        assert abs(shares[0] - shares[1]) < 0.2


def test_the_class_of_a_row_is_the_sum_of_its_marked_numbers() -> None:
    documents = read_documents(made_file(small("adding")))
    for label, text in zip(documents.labels, documents.texts, strict=True):
        marked = [int(word[4:]) for word in text.split() if word.startswith("plus")]
        assert len(marked) == 2
        assert sum(marked) == int(label)
        assert len(text.split()) == 20


def test_the_floor_of_copying_is_the_entropy_of_the_copied_letters() -> None:
    """Count the possible sentences: the best model does not know only which one it is."""
    spec = spec_of_name("copy", delay="3", length="2", symbols="3", sentences="4000")
    lines = Counter(spec.text().splitlines())
    assert len(lines) == 3**2
    assert all(line[:2] == line[6:8] and line[2:6] == "---=" for line in lines)
    num_letters = len(next(iter(lines))) + 1
    shares = [num / lines.total() for num in lines.values()]
    counted = -sum(p * math.log(p) for p in shares) / num_letters
    floor = spec.floor("sentences")
    assert floor is not None
    assert floor.loss_nats == pytest.approx(counted, rel=0.002)
    assert floor.blank_nats == pytest.approx(2 * floor.loss_nats)
    assert spec.corpus.settings(spec.options)["length"] >= num_letters


def test_the_floor_of_n_back_is_the_conditional_entropy() -> None:
    """The entropy of a letter and its mark, given the letter n steps back, by counting."""
    spec = spec_of_name("n-back", n="3", symbols="3", letters="60000")
    text = spec.text().removesuffix("\n")
    letters, marks = text[::2], text[1::2]
    pairs = Counter(zip(letters, letters[3:], marks[3:], strict=False))
    assert all((before == letter) == (mark == "!") for before, letter, mark in pairs)
    befores: Counter[str] = Counter()
    for (before, _, _), num in pairs.items():
        befores[before] += num
    nats = -sum(n * math.log(n / befores[before]) for (before, _, _), n in pairs.items())
    floor = spec.floor("stream")
    assert floor is not None
    assert floor.loss_nats == pytest.approx(nats / pairs.total() / 2, rel=0.002)
    alone = Counter(zip(letters, marks, strict=True))
    blank = -sum(n * math.log(n / alone.total()) for n in alone.values()) / alone.total() / 2
    assert floor.blank_nats == pytest.approx(blank, rel=0.002)


@pytest.mark.parametrize(
    "spec", ["copy:delay=2000,sentences=1000000", "adding:length=2000,rows=1000000"]
)
def test_a_text_larger_than_memory_is_refused_before_it_is_made(spec: str) -> None:
    with pytest.raises(BadInputError, match="characters, more than 200,000,000"):
        parse_spec(spec)
    assert parse_spec(spec.replace("1000000", "1000")) is not None
