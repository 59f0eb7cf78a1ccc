"""`rnnlab recipes`, `rnnlab train --recipe` and the errors of `rnnlab reproduce`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rnnlab import recipes
from rnnlab.runs import launch
from rnnlab.runs.run import Run
from rnnlab.settings.run_config import RunConfig

if TYPE_CHECKING:
    from tests.toys.lab import Call, Lab
    from tests.unit.recipes.conftest import Write


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Runs whose worker would have been started."""
    runs: list[Run] = []
    monkeypatch.setattr(launch, "launch", lambda run, **_: runs.append(run))
    return runs


@pytest.fixture
def mer(lab: Lab) -> None:
    (lab.folder / "data").mkdir()
    (lab.folder / "data" / "mer.txt").write_bytes(lab.text.read_bytes())


class TestList:
    def test_people_see_every_name_and_which_corpora_are_missing(
        self, call: Call, lab: Lab
    ) -> None:
        shown = call(lab, "recipes").stdout
        for name in recipes.names():
            assert name in shown
        assert "missing" in shown

    def test_machines_see_all_of_them_and_whether_the_corpus_is_there(
        self, call: Call, lab: Lab, write: Write, mer: None
    ) -> None:
        listed = call(lab, "recipes", "--json").json
        assert [one["name"] for one in listed] == list(recipes.names())
        shipped = {one["name"] for one in listed if one["has_corpus"]}
        assert shipped == {"vanishing"}
        own = call(lab, "recipes", write(), "--json").json
        assert own["has_corpus"]
        assert own["measures"][0]["published"] == 2.0

    def test_one_is_shown_with_settings_and_what_differs(self, call: Call, lab: Lab) -> None:
        shown = call(lab, "recipes", "mikolov-moliere").stdout
        assert "    one_hot = true" in shown
        assert "1.6622" in shown
        assert "differences\n- The notebook's" in shown
        assert all(len(line) <= 120 for line in shown.splitlines())

    @pytest.mark.parametrize("table", ["[reached]", "[[reached]]"])
    def test_what_was_reached_is_shown_with_time_machine_and_command(
        self, call: Call, lab: Lab, write: Write, table: str
    ) -> None:
        reached = "figures = {train = 1.25}\nseconds = 65\nmachine = '2 cores'\ncommand = 'run'\n"
        shown = call(lab, "recipes", write(more=f"\n{table}\n{reached}")).stdout
        assert "reached\n- train 1.2500 in 1m05s on 2 cores: run" in shown

    def test_text_of_a_recipe_never_reaches_the_terminal_as_a_command(
        self, call: Call, lab: Lab, write: Write
    ) -> None:
        escape = '"\\u001b[31mred"'
        file = write('"a tiny one"', escape, f"differs = [{escape}]\n")
        file.write_text(
            f"differs = [{escape}]\nget = {escape}\n" + file.read_text().partition("differs")[0]
        )
        assert "\x1b" not in call(lab, "recipes", file).stdout
        assert "\x1b" not in call(lab, "recipes", file, "--json").stdout


class TestTrain:
    def train(self, call: Call, lab: Lab, *options: Any) -> None:
        call(lab, "train", *options, "--detach", "--name", "a")

    def test_option_environment_file_recipe_and_default_go_in_this_order(
        self, call: Call, lab: Lab, write: Write, mer: None, started: list[Run],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        recipe = write("hidden = 8", "hidden = 8\nlayers = 2\nembedding = 3\nbatch = 4\nseed = 5")
        (lab.folder / "a.toml").write_text("hidden = 20\nlayers = 20\nembedding = 20\n")
        monkeypatch.setenv("RNNLAB_HIDDEN", "30")
        monkeypatch.setenv("RNNLAB_LAYERS", "30")
        self.train(call, lab, "--recipe", recipe, "--config", "a.toml", "--hidden", "40")
        config = RunConfig.from_toml(started[0].paths.config)
        assert (config.hidden, config.layers, config.embedding) == (40, 30, 20)
        assert (config.batch, config.seed) == (4, 5)
        assert config.length == RunConfig(corpus="x").length
        assert config.corpus.endswith("/data/mer.txt")

    def test_a_corpus_overrides_the_recipes(
        self, call: Call, lab: Lab, write: Write, mer: None, started: list[Run]
    ) -> None:
        self.train(call, lab, lab.text, "--recipe", write())
        config = RunConfig.from_toml(started[0].paths.config)
        assert (config.corpus, config.hidden) == (str(lab.text), 8)

    def test_without_a_recipe_a_corpus_is_needed(self, call: Call, lab: Lab) -> None:
        assert "missing argument CORPUS" in call(lab, "train", code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["reproduce"], ["RECIPE"]),
        (["reproduce", "lstm-molier"], ["unknown recipe", "'lstm-moliere'"]),
        (["reproduce", "nowhere.toml"], ["nowhere.toml", "No such file"]),
        (["reproduce", "lstm-moliere"], ["no corpus or file 'moliere'", "corpora fetch moliere"]),
        (["reproduce", "lstm-moliere", "--file", "nowhere.txt"], ["nowhere.txt"]),
        (["reproduce", "lstm-moliere", "--file", "tiny.txt", "--hidden", "0"], ["hidden = 0"]),
        (["reproduce", "lstm-moliere", "--file", "tiny.txt", "--name", ".."], ["run's name"]),
        (["recipes", "lstm-molier"], ["unknown recipe", "'lstm-moliere'"]),
        (["train", "--recipe", "lstm-molier"], ["unknown recipe"]),
        (["train", "--recipe", "lstm-moliere"], ["corpora fetch moliere"]),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    call: Call, lab: Lab, arguments: list[str], words: list[str]
) -> None:
    ended = call(lab, *arguments, code=2)
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    for word in words:
        assert word in ended.stderr
    assert not lab.checkpoints.exists()
