"""The contract of every built-in corpus: the same bytes on every machine, and a correct floor.

`rnnlab.corpora` computes a floor by solving linear equations. Here it is computed without
them: the chain rule iterated to its fixed point, the mean surprise of texts whose probability a
parser gives, the posterior of documents parsed under each label.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.base.locations import shipped_folder
from rnnlab.corpora import (
    CorpusSpec,
    Floor,
    Grammar,
    Symbol,
    brackets,
    comedy,
    find_corpus,
    made_names,
    parse_spec,
    prepare,
    read_documents,
    reber,
    reviews,
    stump,
)
from rnnlab.settings.run_config import RunConfig
from tests.toys.environment import CHECKOUT, known_environment
from tests.toys.numeric import assert_close
from tests.toys.parsing import derivations

GRAMMARS: dict[str, tuple[Callable[[], Grammar], str]] = {
    "brackets": (brackets.grammar, "first_line"),
    "comedy": (comedy.grammar, "play"),
    "reber": (reber.grammar, "line"),
    "stump": (stump.grammar, "paragraph"),
}
"""Texts, each drawn from one symbol again and again."""
SMALL = {"letters": "3000", "sentences": "200", "rows": "300", "documents": "200"}
"""Options that make a corpus quickly."""


def spec_of_name(name: str, **options: str) -> CorpusSpec:
    spec = parse_spec(f"{name}:{','.join(f'{k}={v}' for k, v in options.items())}".rstrip(":"))
    assert spec is not None
    return spec


def small(name: str) -> CorpusSpec:
    known = spec_of_name(name).corpus.options
    return spec_of_name(name, **{k: v for k, v in SMALL.items() if k in known})


def made_file(spec: CorpusSpec) -> Path:
    """Return the file of a corpus; never a file of the working folder."""
    return find_corpus(str(spec), Path("/nowhere"))


@pytest.fixture(params=made_names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_corpus_has_a_summary() -> None:
    for name in made_names():
        assert registry.summary("corpora", name).endswith("."), name


def test_its_shipped_file_is_its_text_byte_for_byte(name: str) -> None:
    spec = spec_of_name(name)
    if spec.is_shipped:
        assert made_file(spec).read_bytes() == spec.text().encode("utf-8")
    assert (made_file(small(name)).parent == shipped_folder() / "data") is False


def test_the_wheel_and_git_have_its_shipped_file(name: str) -> None:
    spec = spec_of_name(name)
    file = f"data/{name}{spec.corpus.ending}"
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    in_wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert in_wheel.get(file) == (f"rnnlab/_shipped/{file}" if spec.is_shipped else None)
    ignored = (CHECKOUT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert (f"!/{file}" in ignored) == spec.is_shipped


def test_the_floor_of_every_grammar_is_proved(name: str) -> None:
    module = registry.load("corpora", name)
    if hasattr(module, "grammar") and module.CORPUS.task != "classify":
        assert name in GRAMMARS


def shipped_text(name: str) -> str:
    """Return a shipped text, which another test compares with its source."""
    return made_file(spec_of_name(name)).read_bytes().decode("utf-8")


def test_all_shipped_texts_are_under_three_megabytes_together() -> None:
    shipped = [spec for spec in map(spec_of_name, made_names()) if spec.is_shipped]
    assert {spec.name for spec in shipped} >= {"stump", "comedy", "reviews", "reber", "brackets"}
    assert sum(made_file(spec).stat().st_size for spec in shipped) < 3_000_000


def test_the_bytes_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    """The subprocess has another seed than this process."""
    specs = [small(name) for name in made_names()]
    code = (
        "import sys, pathlib; from rnnlab.corpora import parse_spec\n"
        "for s in sys.argv[1:]: pathlib.Path(s).write_text(parse_spec(s).text(), 'utf-8')"
    )
    subprocess.run(
        [sys.executable, "-c", code, *map(str, specs)],
        env=known_environment(tmp_path, PYTHONHASHSEED="4242"),
        cwd=tmp_path,
        check=True,
        timeout=100,
    )
    for spec in specs:
        assert (tmp_path / str(spec)).read_bytes() == spec.text().encode("utf-8"), spec


def test_another_seed_gives_another_text_with_the_same_floor(name: str) -> None:
    spec = small(name)
    other = parse_spec(f"{spec},seed=2")
    assert other is not None
    assert other.text() != spec.text()
    assert other.floor(spec.corpus.task) == spec.floor(spec.corpus.task)


def test_it_has_a_floor_for_its_own_task_only(name: str) -> None:
    spec = spec_of_name(name)
    floor = spec.floor(spec.corpus.task)
    assert floor is not None
    assert floor.loss_nats >= 0
    assert (floor.accuracy is None) == (spec.corpus.task != "classify")
    assert spec.floor("no such task") is None


def test_its_floor_depends_on_its_path_and_on_characters_as_tokens(
    name: str, tmp_path: Path
) -> None:
    spec = small(name)
    file, task = made_file(spec), spec.corpus.task

    def floor_of(file: Path, tokens: str, alphabet: str) -> Floor | None:
        settings = {"corpus": str(file), "task": task, "tokens": tokens, "alphabet": alphabet}
        return prepare(RunConfig.from_values({**settings, "batch": 2, "length": 5})).floor

    assert floor_of(file, "chars", "unicode") == spec.floor(task)
    for tokens, alphabet in (("words", "unicode"), ("chars", "ascii")):
        known = spec.floor(task) if task == "classify" else None
        assert floor_of(file, tokens, alphabet) == known
    copied = tmp_path / file.name
    copied.write_bytes(file.read_bytes())
    assert floor_of(copied, "chars", "unicode") is None


def test_a_spec_reads_as_it_is_written(name: str) -> None:
    spec = small(name)
    assert str(parse_spec(str(spec))) == str(spec)
    assert str(spec_of_name(name)) == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("copy:dely=5", "did you mean 'delay'"),
        ("copy:", "no option ''"),
        ("copy:delay", "delay is not an integer"),
        ("copy:delay=-5", "delay is not an integer"),
        ("copy:delay=many", "delay is not an integer"),
        ("copy:delay=99999", "delay must be from 0 to 2000"),
        ("reber:size=5", "no option 'size'"),
    ],
)
def test_a_bad_spec_is_refused_in_one_line(text: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        parse_spec(text)
    assert "\n" not in str(caught.value)


def test_other_names_are_not_specs() -> None:
    assert parse_spec("moliere") is None
    assert parse_spec("data/copy:delay=3") is None


# Texts of grammars


@pytest.mark.parametrize("text", GRAMMARS)
def test_every_text_has_one_derivation(text: str) -> None:
    GRAMMARS[text][0]().check_prefix_free()


@pytest.mark.parametrize("text", GRAMMARS)
def test_the_probability_of_a_drawn_text_is_that_of_its_parse(text: str) -> None:
    grammar, start = GRAMMARS[text][0](), GRAMMARS[text][1]
    generator = Random(11)
    drawn = [grammar.derive(start, generator) for _ in range(60)]
    for derivation in [one for one in drawn if len(one.text) < 1500][:30]:
        ((result,),) = derivations(grammar, derivation.text, start)
        # One draw writes at least one character: both log-probs have at most this number of terms.
        assert_close(result, derivation.logprob, terms=len(derivation.text))


@pytest.mark.parametrize("text", GRAMMARS)
def test_the_floor_is_a_fixed_point_of_the_chain_rule(text: str) -> None:
    """H(symbol) = sum of p (-ln p + H of the symbols in the alternative), and lengths likewise."""
    grammar, start = GRAMMARS[text][0](), GRAMMARS[text][1]
    names = list(grammar.expected_draws(start))
    nats, letters = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    for _ in range(400):
        largest_change = 0.0
        for name in reversed(names):
            rule = grammar.rule(name)
            new_nats = new_letters = 0.0
            for items, weight in zip(rule.alternatives, rule.weights, strict=True):
                p = weight / rule.upto[-1]
                symbols = [item.name for item in items if isinstance(item, Symbol)]
                new_nats += p * (sum(nats[s] for s in symbols) - math.log(p))
                own = len(items) - len(symbols)
                new_letters += p * (own + sum(letters[s] for s in symbols))
            largest_change = max(largest_change, abs(new_nats - nats[name]))
            nats[name], letters[name] = new_nats, new_letters
        if largest_change < 1e-12:
            break
    floor = spec_of_name(text).floor("stream")
    assert floor is not None
    # The iteration stops at a small change: it is then correct to 8 digits, not to rounding.
    assert floor.loss_nats == pytest.approx(nats[start] / letters[start], rel=1e-8)


@pytest.mark.parametrize("text", GRAMMARS)
def test_the_floor_is_the_mean_surprise_of_drawn_texts(text: str) -> None:
    """The exact ratio is within 4 standard errors; one seed in 16,000 would fail by chance."""
    grammar, start = GRAMMARS[text][0](), GRAMMARS[text][1]
    generator, num_draws = Random(5), 4_000 if text in ("reber", "brackets") else 600
    draws = [grammar.derive(start, generator) for _ in range(num_draws)]
    letters = math.fsum(len(draw.text) for draw in draws)
    ratio = -math.fsum(draw.logprob for draw in draws) / letters
    rests = (-draw.logprob - ratio * len(draw.text) for draw in draws)
    error = math.sqrt(math.fsum(rest**2 for rest in rests)) / letters
    floor = spec_of_name(text).floor("stream")
    assert floor is not None
    assert abs(ratio - floor.loss_nats) < 4 * error < 0.05 * floor.loss_nats


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


# Documents


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


# Sequences


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
