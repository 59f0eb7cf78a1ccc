from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.cli._reproduce_report import MeasuredValue, Report, RunResult
from rnnlab.recipes import LayerNorms
from tests.toys.tiny_recipe import make_recipe


def result(name: str, layers: LayerNorms | None, *figures: MeasuredValue) -> RunResult:
    return RunResult(
        name, True, {}, figures, 100, 2.0, 61.0, 12_345.0, 1000, "cpu", layers
    )  # fmt: skip


class TestReport:
    def report(self, tmp_path: Path, *results: RunResult) -> Report:
        more = "\n[grid]\nlayers = [2, 8]\n"
        recipe = make_recipe(
            tmp_path, 'corpus = "mer"', 'corpus = "mer"\nlayers_report = true', more
        )
        return Report(recipe, results, True, ("é" * 70 + " and more \x1b[31m words",))

    def test_published_ours_ratio_and_goal_stand_side_by_side_within_80_columns(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        (measure,) = make_recipe(
            tmp_path, "published = 2.0", "published = 2.0\ngoal = 1.5"
        ).measures
        norms = LayerNorms(tuple(range(1, 31)), ((0.001,) * 30, (0.5,) * 30))
        self.report(tmp_path, result("tiny-x2", norms, MeasuredValue(measure, 1.0, None))).print()
        shown = capsys.readouterr().out
        row = next(line for line in shown.splitlines() if line.startswith("tiny-x2"))
        assert row.split()[1:] == ["train", "2.0000", "1.0000", "0.500", "<=", "1.5000", "met"]
        assert "1m01s" in shown
        assert "12.3k" in shown
        assert "\x1b" not in shown
        assert all(len(line.rstrip()) <= 80 for line in shown.splitlines())

    def test_a_sentence_names_the_depth_that_loses_most(self, tmp_path: Path) -> None:
        one = result("one", LayerNorms((1,), ((0.3,),)))
        two = result("two", LayerNorms((1, 2), ((0.5, 0.5), (1.0, 1.0))))
        eight = result("eight", LayerNorms((1,), ((0.25,), *[(1.0,)] * 6, (25.0,))))
        said = self.report(tmp_path, one, two, eight).layers_say()
        assert said is not None
        assert said.startswith(
            "The gradient of layer 1 is 0.01 times the gradient of layer 8 in eight"
        )
        assert said.endswith("the largest is 0.5, in two.")
        assert self.report(tmp_path, one).layers_say() is None

    def test_the_document_holds_every_figure(self, tmp_path: Path) -> None:
        (measure,) = make_recipe(tmp_path).measures
        norms = LayerNorms((1,), ((0.5,), (1.0,)))
        document = self.report(
            tmp_path, result("a", norms, MeasuredValue(measure, 1.0, None))
        ).document()
        (run,) = document["runs"]
        (figure,) = run["measures"]
        assert (figure["published"], figure["ours"], figure["ratio"]) == (2.0, 1.0, 0.5)
        assert figure["is_met"] is None
        assert run["layers"]["first_over_last"] == (0.5,)
        assert run["seconds"] == 61.0
