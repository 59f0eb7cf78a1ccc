"""The contract of every built-in corpus: the same bytes on every machine, and a correct floor.

`rnnlab.corpora` computes a floor by solving linear equations. Here it is computed without
them: the chain rule iterated to its fixed point, the mean surprise of texts whose probability a
parser gives. `tests/unit/corpora/test_corpora_made_texts.py` has the laws of single texts.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.base.locations import shipped_folder
from rnnlab.corpora import (
    Floor,
    Grammar,
    Symbol,
    brackets,
    comedy,
    made_names,
    parse_spec,
    prepare,
    reber,
    stump,
)
from rnnlab.settings.run_config import RunConfig
from tests.toys.environment import CHECKOUT, known_environment
from tests.toys.made_corpora import made_file, small, spec_of_name
from tests.toys.numeric import assert_close
from tests.toys.parsing import derivations

GRAMMARS: dict[str, tuple[Callable[[], Grammar], str]] = {
    "brackets": (brackets.grammar, "first_line"),
    "comedy": (comedy.grammar, "play"),
    "reber": (reber.grammar, "line"),
    "stump": (stump.grammar, "paragraph"),
}
"""Texts, each drawn from one symbol again and again."""


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
