"""The recipes of CONTRIBUTING are complete: a toy entry of every kind passes its last step.

All toys are in one copy of the checkout, and one process runs the commands of all recipes. They are
read from the document.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import Any, NamedTuple

import pytest

from tests.toys.environment import CHECKOUT
from tests.toys.scratch import ScratchCopy

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("recipes")]


class Toy(NamedTuple):
    """An entry, and what its recipe says."""

    kind: str
    """As in the heading of the recipe."""
    folder: str
    table: str
    """Kind of the table in the documents that names the entry."""
    lines: tuple[tuple[str, str, str], ...]
    """File, beginning of a line, and the line to insert after it."""
    printed: str = ""
    """What the verbs of the last step print, among others."""

    @property
    def name(self) -> str:
        return f"toy{self.kind}"


TOYS = (
    Toy(
        "cell", "rnnlab/cells", "cells",
        (
            ("docs/training-and-exact-resume.md", "| `minlstm`", "| `toycell` | with softsign |"),
            (
                "tests/unit/cells/test_cells_papers.py", "PAPERS: dict",
                '    "toycell": lambda read, x, h, c: '
                '((a := read.seen("h", x, h)) / (1 + np.abs(a)), c),',
            ),
        ),
        "toycell: Elman network with softsign units.",
    ),
    Toy(
        "decoder", "rnnlab/decoding", "decoders",
        (
            ("docs/prompting-and-decoders.md", "| `exact:budget", "| `toydecoder` | ranks |"),
            ("docs/prompting-and-decoders.md", "| `bound`, `budget`", "| `place` | place |"),
        ),
        "Place of the token in the ranking",
    ),
    Toy(
        "filter", "rnnlab/decoding/filters", "filters",
        (
            ("rnnlab/decoding/filters/__init__.py", '    "temperature",', '    "toyfilter",'),
            (
                "tests/toys/filter_formulas.py", '    "temperature": naive_',
                '    "toyfilter": lambda probs, n, row: '
                "[p if p == max(probs) else 0.0 for p in probs],",
            ),
            (
                "tests/contract/test_contract_filters.py", '    "temperature": st.',
                '    "toyfilter": st.integers(1, 9),',
            ),
            ("docs/prompting-and-decoders.md", "| `temperature` |", "| `toyfilter` | keeps one |"),
        ),
        "Keep the best token for N.",
    ),
    Toy(
        "corpus", "rnnlab/corpora", "corpora",
        (
            ("docs/corpora-and-tasks.md", "| `n-back:n=4` | a", "| `toycorpus` | coins | 1 |"),
            (
                "tests/contract/test_contract_corpora.py", '    "stump": (',
                '    "toycorpus": (registry.load("corpora", "toycorpus").grammar, "line"),',
            ),
            (".gitignore", "!/data/stump.txt", "!/data/toycorpus.txt"),
            (
                "pyproject.toml", '"data/stump.txt"',
                '"data/toycorpus.txt" = "rnnlab/_shipped/data/toycorpus.txt"',
            ),
        ),
        "toycorpus",
    ),
    Toy(
        "plot", "rnnlab/plots", "plots",
        (("docs/insight.md", "| `throughput`", "| `toyplot` | clipped |"),),
    ),
    Toy(
        "view", "rnnlab/insight", "views",
        (("docs/insight.md", "| `difference`", "| `toyview` | norms |"),),
        "The largest parameter is",
    ),
    Toy(
        "verb", "rnnlab/cli", "verbs",
        (
            ("docs/getting-started.md", "| `doctor`", "| `toyverb` | Counts. |"),
            ("docs/getting-started.md", "| `watch` |", "| `toyverb` | `--least` |"),
        ),
        "1 runs",
    ),
    Toy(
        "screen", "rnnlab/tui/screens", "screens",
        (
            ("docs/getting-started.md", "| `New run`", "| `Toy` | `gz` | counts |"),
            (
                "tests/app/effects.py", '    "corpora": _CORPORA,',
                '    "toyscreen": {"count": grows(lambda world: world.page.num_counted)},',
            ),
        ),
    ),
)  # fmt: skip
each_toy = pytest.mark.parametrize("toy", TOYS, ids=[toy.kind for toy in TOYS])
NUMBERS = ("three", "four", "five")
RUN = """
import contextlib, io, json, sys
import pytest
from rnnlab.cli import run

verbs, arguments = json.loads(sys.argv[1])
printed = []
for verb in verbs:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = run(verb)
    printed.append([code, out.getvalue()])

class Outcomes:
    def __init__(self):
        self.by_test = {}

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or not report.passed:
            self.by_test[report.nodeid] = [report.outcome, report.longreprtext]

outcomes = Outcomes()
code = pytest.main(arguments, plugins=[outcomes])
with open("found.json", "w") as file:
    json.dump([int(code), printed, outcomes.by_test], file)
"""
"""Runs verbs and pytest in one process: torch is loaded once."""


def sections() -> dict[str, str]:
    """Return the text below each heading of CONTRIBUTING."""
    text = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def recipe_of(toy: Toy) -> tuple[str, str]:
    """Return the number of steps in the heading of a recipe, and the recipe."""
    (found,) = (
        (match[1], text)
        for heading, text in sections().items()
        if (match := re.fullmatch(rf"Add an? {toy.kind}\b.* in (\w+) steps", heading))
    )
    return found


def commands_of(text: str) -> list[list[str]]:
    """Return the lines of code that run pytest or a verb."""
    return [shlex.split(line) for line in re.findall(r"^ {4,}((?:pytest|rnnlab) .*)$", text, re.M)]


def last_step(toy: Toy) -> list[list[str]]:
    """Return the commands of a recipe, with the name of the toy."""
    return commands_of(recipe_of(toy)[1].replace("<name>", toy.name))


class Found(NamedTuple):
    """What the commands of all recipes printed and found."""

    code: int
    printed: dict[str, list[tuple[int, str]]]
    """By toy: exit code and standard output of each verb."""
    by_test: dict[str, tuple[str, str]]
    """By test: outcome and traceback."""

    def outcomes(self, *parts: str) -> dict[str, str]:
        """Return the outcome of every test whose id has one of the parts; fail with it."""
        found = {id_: one for id_, one in self.by_test.items() if any(p in id_ for p in parts)}
        failed = {id_: trace for id_, (outcome, trace) in found.items() if outcome == "failed"}
        assert not failed, "\n".join(f"{id_}\n{trace}" for id_, trace in failed.items())
        return {id_: outcome for id_, (outcome, _) in found.items()}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Follow every recipe in one copy of the checkout, and run their last steps."""
    copy = ScratchCopy(tmp_path_factory.mktemp("recipes"))
    for toy in TOYS:
        copy.add(toy.name, toy.folder)
        for file, beginning, line in toy.lines:
            assert f"`{file}`" in recipe_of(toy)[1]
            copy.insert(file, beginning, line)
    commands = [(toy.name, command) for toy in TOYS for command in last_step(toy)]
    verbs = [(name, command[1:]) for name, command in commands if command[0] == "rnnlab"]
    paths: list[str] = []
    expressions: list[str] = []
    for _, (program, *arguments) in commands:
        if program == "pytest":
            assert arguments[:2] == ["-n", "0"]
            assert arguments[-2] == "-k"
            paths += arguments[2:-2]
            expressions.append(f"({arguments[-1]})")
    # The pictures of the new screen; those of the others are drawn by the same test.
    (pictures,) = commands_of(sections()["Add an entry"])
    paths.append(pictures[3])
    options = ["-n", "0", "-q", "-p", "no:cacheprovider", *pictures[4:]]
    arguments = [*options, *dict.fromkeys(paths), "-k", " or ".join(dict.fromkeys(expressions))]
    output = copy.python("-c", RUN, json.dumps([[verb for _, verb in verbs], arguments]))
    result: list[Any] = json.loads((copy.root / "found.json").read_text(encoding="utf-8"))
    code, printed, by_test = result
    assert by_test, output
    by_toy: dict[str, list[tuple[int, str]]] = {}
    for (name, _), one in zip(verbs, printed, strict=True):
        by_toy.setdefault(name, []).append(tuple(one))
    return Found(code, by_toy, {id_: tuple(one) for id_, one in by_test.items()})


def test_every_recipe_has_a_toy_and_as_many_steps_as_its_heading_says() -> None:
    headings = [heading for heading in sections() if re.search(r" in \w+ steps$", heading)]
    assert len(headings) == len(TOYS)
    for toy in TOYS:
        number, text = recipe_of(toy)
        assert len(re.findall(r"^\d\. ", text, re.MULTILINE)) == NUMBERS.index(number) + 3, toy.kind
        assert f"`{toy.folder}/<name>.py`" in text


@pytest.mark.timeout(400)  # the first one runs the commands of all recipes
@each_toy
def test_an_entry_made_by_the_recipe_passes_its_last_step(toy: Toy, found: Found) -> None:
    for code, text in found.printed.get(toy.name, []):
        assert code == 0, text
    texts = [text for _, text in found.printed.get(toy.name, [])]
    assert toy.printed in "".join(texts)
    outcomes = found.outcomes(toy.name, f"[{toy.table}]")
    assert any(toy.name in id_ or toy.kind == "verb" for id_ in outcomes), "no test names it"
    assert toy.kind == "filter" or any(f"[{toy.table}]" in id_ for id_ in outcomes)


@pytest.mark.timeout(400)
def test_no_other_test_of_the_recipes_fails(found: Found) -> None:
    found.outcomes("")
    assert found.code == 0
