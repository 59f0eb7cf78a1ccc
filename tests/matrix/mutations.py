"""Count how many small mutations of the package the tests catch.

    make coverage                                   # which test runs which line
    python tests/matrix/mutations.py --number 60 --seed 1 --save mutants.json
    python tests/matrix/mutations.py --load mutants.json      # the same mutants, in another version

A mutant changes one operator, constant or return value of the package in a scratch copy of the
checkout. Then the tests that run this line, according to the coverage data, run until one of them
fails. A mutant is caught if a test fails or exceeds its timeout. Not part of `make test`.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Queue

from coverage import CoverageData

_SWAPS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.In: ("in", "not in"),
    ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is"), ast.NotIn: ("not in", "in"),
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"), ast.Mod: ("%", "*"), ast.And: ("and", "or"), ast.Or: ("or", "and"),
}  # fmt: skip
_LAYERS = ("unit", "contract", "widgets", "app", "tui", "process")
"""Folders of tests in the order in which they run: the fastest first."""
_MOST_TESTS = 120
_BUDGET_S = 240.0
"""Tests and seconds spent on one mutant; one that lives so long counts as not caught."""


@dataclass(frozen=True)
class Mutant:
    """One changed place. The line's text and its function find it again in another version."""

    file: str
    function: str
    line: int
    column: int
    source: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}: `{self.before}` -> `{self.after}`"


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant."""

    mutant: Mutant
    outcome: str
    num_tests: int


def find_sites(root: Path) -> list[Mutant]:
    """Return every possible mutant of the package, in the order of files and lines."""
    sites: list[Mutant] = []
    for file in sorted((root / "rnnlab").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        sites += _sites_of(str(file.relative_to(root)), text)
    return sites


def _sites_of(file: str, text: str) -> Iterator[Mutant]:
    lines = text.split("\n")

    def mutant(function: str, line: int, start: int, before: str, after: str) -> Mutant:
        return Mutant(file, function, line, start, lines[line - 1], before, after)

    def operator(function: str, left: ast.AST, right: ast.AST, kind: ast.AST) -> Iterator[Mutant]:
        """Yield a swapped operator when it stands between its operands on one line."""
        swap = _SWAPS.get(type(kind))
        line, start = getattr(left, "end_lineno", 0), getattr(left, "end_col_offset", 0)
        if swap is None or getattr(right, "lineno", 0) != line or not lines[line - 1].isascii():
            return
        between = lines[line - 1][start : getattr(right, "col_offset", 0)]
        found = re.search(rf"(?<!\S){re.escape(swap[0])}(?!\S)", between)
        if found:
            yield mutant(function, line, start + found.start(), *swap)

    def visit(node: ast.AST, function: str) -> Iterator[Mutant]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                function = f"{function}.{node.name}" if function else node.name
                children: Sequence[ast.AST] = [*node.args.defaults, *node.body]
            case ast.ClassDef():
                function = f"{function}.{node.name}" if function else node.name
                children = node.body
            case ast.AnnAssign():
                children = [node.value] if node.value else []
            case ast.Expr(value=ast.Constant()) | ast.JoinedStr() | ast.Import() | ast.ImportFrom():
                children = []  # a docstring, a message, an import
            case _:
                children = list(ast.iter_child_nodes(node))
        match node:
            case ast.Compare():
                lefts = [node.left, *node.comparators[:-1]]
                for left, right, kind in zip(lefts, node.comparators, node.ops, strict=True):
                    yield from operator(function, left, right, kind)
            case ast.BinOp():
                yield from operator(function, node.left, node.right, node.op)
            case ast.BoolOp():
                yield from operator(function, node.values[0], node.values[1], node.op)
            case ast.Constant(value=bool()):
                yield mutant(
                    function, node.lineno, node.col_offset, str(node.value), str(not node.value)
                )
            case ast.Constant(value=int() | float()):
                end = node.end_col_offset or 0
                before = lines[node.lineno - 1][node.col_offset : end]
                after = f"({before} + 1)" if isinstance(node.value, int) else f"({before} * 2 + 1)"
                if lines[node.lineno - 1].isascii():
                    yield mutant(function, node.lineno, node.col_offset, before, after)
            case ast.Return(value=ast.expr() as value) if value.lineno == value.end_lineno:
                before = lines[value.lineno - 1][value.col_offset : value.end_col_offset]
                if lines[value.lineno - 1].isascii() and before != "None":
                    yield mutant(function, value.lineno, value.col_offset, before, "None")
        for child in children:
            yield from visit(child, function)

    yield from visit(ast.parse(text), "")


def relocate(mutant: Mutant, sites: list[Mutant]) -> Mutant | None:
    """Return the same mutant in this version of the package, if its line is still there."""
    alike = [
        site
        for site in sites
        if (site.source.strip(), site.before, site.after)
        == (mutant.source.strip(), mutant.before, mutant.after)
        and site.column - _indent(site.source) == mutant.column - _indent(mutant.source)
    ]
    name = mutant.function.rpartition(".")[2]
    for near in (
        [site for site in alike if (site.file, site.function) == (mutant.file, mutant.function)],
        [site for site in alike if site.function == mutant.function],
        [site for site in alike if site.file == mutant.file],
        [site for site in alike if site.function.rpartition(".")[2] == name],
    ):
        if near:
            return min(near, key=lambda site: abs(site.line - mutant.line))
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def covering_tests(data: CoverageData, root: Path, mutant: Mutant) -> list[str]:
    """Return the ids of the tests that run a mutant's line, one of each function first.

    A line outside functions runs once, at the import: any test of its file counts then.
    """
    measured = next(
        (file for file in data.measured_files() if file.endswith("/" + mutant.file)), ""
    )
    contexts = data.contexts_by_lineno(measured) if measured else {}
    is_local = mutant.function and not _is_class_body(root, mutant)
    lines = _statement_lines(root, mutant) if is_local else list(contexts)
    ids = {_test_id(context) for line in lines for context in contexts.get(line, [])} - {""}
    known = [test for test in sorted(ids) if (root / test.partition("::")[0]).exists()]
    chance = random.Random(str(mutant))
    chance.shuffle(known)
    first: dict[str, str] = {}
    for test in known:
        first.setdefault(test.partition("[")[0], test)
    chosen = list(first.values())
    chosen += [test for test in known if test not in set(chosen)]
    chosen = chosen[:_MOST_TESTS]
    return sorted(chosen, key=_layer)


def _layer(test: str) -> int:
    folder = test.split("/")[1]
    return _LAYERS.index(folder) if folder in _LAYERS else len(_LAYERS)


def _test_id(context: str) -> str:
    """Return a test's id: `id|run` names a test, `id (call)` the test that started a process."""
    without_phase = re.sub(r"(\|\w+| \(\w+\))$", "", context)
    return re.sub(r"@[\w-]+$", "", without_phase)  # pytest-xdist appends the name of a group


def _is_class_body(root: Path, mutant: Mutant) -> bool:
    tree = ast.parse((root / mutant.file).read_text(encoding="utf-8"))
    spans = [
        (node.lineno, node.end_lineno or 0, isinstance(node, ast.ClassDef))
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    around = [span for span in spans if span[0] <= mutant.line <= span[1]]
    return bool(around) and max(around)[2]


def _statement_lines(root: Path, mutant: Mutant) -> list[int]:
    """Return the lines of the smallest statement around a mutant: coverage counts its first."""
    tree = ast.parse((root / mutant.file).read_text(encoding="utf-8"))
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno <= mutant.line <= (node.end_lineno or 0)
    ]
    smallest = max(around, key=lambda node: (node.lineno, -(node.end_lineno or 0)))
    return [*range(smallest.lineno, mutant.line + 1)]


def judge(mutant: Mutant, tests: list[str], copy: Path, python: str) -> Verdict:
    """Run the tests on a scratch copy that has the mutant; restore the copy."""
    if not tests:
        return Verdict(mutant, "not run by any test", 0)
    file = copy / mutant.file
    original = file.read_text(encoding="utf-8")
    lines = original.split("\n")
    line = lines[mutant.line - 1]
    end = mutant.column + len(mutant.before)
    lines[mutant.line - 1] = line[: mutant.column] + mutant.after + line[end:]
    file.write_text("\n".join(lines), encoding="utf-8")
    command = [
        python, "-m", "pytest", "-n", "0", "-x", "-q", "-p", "no:cacheprovider", "--timeout=100",
        "--no-header", "--tb=no", *tests,
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ended = subprocess.run(
            command, cwd=copy, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_BUDGET_S, check=False,
        )  # fmt: skip
        outcome = {0: "survived", 1: "caught"}.get(ended.returncode, "caught (session broken)")
    except subprocess.TimeoutExpired:
        outcome = "survived (budget spent)"
    finally:
        file.write_text(original, encoding="utf-8")
    return Verdict(mutant, outcome, len(tests))


def choose(root: Path, options: argparse.Namespace) -> list[Mutant]:
    """Return the mutants to try: drawn with a seed, or those of a file as they stand here."""
    sites = find_sites(root)
    if options.load:
        saved = [Mutant(**entry) for entry in json.loads(options.load.read_text("utf-8"))]
        placed = [(mutant, relocate(mutant, sites)) for mutant in saved]
        for mutant, site in placed:
            if site is None:
                print(f"gone: {mutant}")
        return [site for _, site in placed if site is not None]
    drawn = random.Random(options.seed).sample(sites, min(options.number, len(sites)))
    if options.save:
        entries = [asdict(mutant) for mutant in drawn]
        options.save.write_text(json.dumps(entries, indent=1), encoding="utf-8")
    return drawn


def main() -> int:
    """Print one line for each mutant and the number caught."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--number", type=int, default=60, help="mutants to draw")
    parser.add_argument("--seed", type=int, default=1, help="seed of the draw")
    parser.add_argument("--save", type=Path, help="write the drawn mutants to this file")
    parser.add_argument("--load", type=Path, help="try the mutants of this file")
    parser.add_argument("--coverage", type=Path, default=Path(".coverage"), help="coverage data")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the checkout")
    parser.add_argument("--jobs", type=int, default=1, help="mutants tried at the same time")
    options = parser.parse_args()
    root = options.root.resolve()
    data = CoverageData(str(options.coverage))
    data.read()
    mutants = choose(root, options)
    copies: Queue[Path] = Queue()
    with tempfile.TemporaryDirectory(prefix="rnnlab-mutants-") as scratch:
        for number in range(options.jobs):
            copy = Path(scratch, str(number))
            ignored = shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__")
            shutil.copytree(root, copy, ignore=ignored)
            copies.put(copy)

        def attempt(mutant: Mutant) -> Verdict:
            tests = covering_tests(data, root, mutant)
            copy = copies.get()
            try:
                return judge(mutant, tests, copy, sys.executable)
            finally:
                copies.put(copy)

        num_caught = 0
        with ThreadPoolExecutor(options.jobs) as pool:
            for verdict in pool.map(attempt, mutants):
                num_caught += verdict.outcome.startswith("caught")
                row = f"{verdict.outcome:24} {verdict.num_tests:4} tests  {verdict.mutant}"
                print(row, flush=True)
    print(f"{num_caught} of {len(mutants)} mutants caught")
    return 0


if __name__ == "__main__":
    sys.exit(main())
