"""Which layer gives a setting its value: every pair of layers, the problems and their order."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.base.files import replace_text
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from rnnlab.submit import WRITTEN, Layers, Resolved, Setting, Source, resolve

COPY = "copy:delay=150,sentences=200"
"""A generated corpus that suggests a task (sentences) and a length (161)."""
LAYER_NAMES = {
    Source.COMMAND_LINE: "command_line",
    Source.ENVIRONMENT: "environment",
    Source.CONFIG_FILE: "config_file",
}


class Folder(NamedTuple):
    path: Path
    store: RunStore

    def resolve(self, layers: Layers) -> Resolved:
        return resolve(layers, self.path, self.store)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A text, word vectors of width 3, and a run `old` with its checkpoint."""
    (tmp_path / "mer.txt").write_text("La mer monte. Le vent tombe.\n" * 50)
    (tmp_path / "vectors.txt").write_text("la 1 2 3\nmer 4 5 6\n")
    store = RunStore(tmp_path / "checkpoints")
    config = RunConfig(corpus="none", task="stream", hidden=24, embedding=8, tokens="words")
    run = store.create("old", config.to_toml())
    run.paths.weights(0).write_bytes(b"weights")
    replace_text(run.paths.pointer("last"), "0\n")
    return Folder(tmp_path, store)


def layer(
    layers: Layers, source: Source, setting: str, value: Any, folder: Folder
) -> tuple[Layers, Any]:
    """Add a value of a setting to a layer; return the value that this layer then gives."""
    if source in LAYER_NAMES:
        name = LAYER_NAMES[source]
        changed: dict[str, Any] = {name: {**getattr(layers, name), setting: value}}
        return replace(layers, **changed), value
    if source is Source.RECIPE:
        file = folder.path / "recipe.toml"
        file.write_text(
            f'about = "x"\ncorpus = "mer"\n[settings]\n{setting} = {value}\n'
            '[[measures]]\nname = "train"\nwhat = "train_running"\n'
        )
        return replace(layers, recipe=str(file)), value
    values = dict(layers.config_file)
    match source:
        case Source.ANCESTOR:
            values["init_from"] = "old"
            value = {"hidden": 24, "embedding": 8, "task": "stream"}[setting]
        case Source.CORPUS:
            values["corpus"] = COPY
            value = {"length": 161, "task": "sentences"}[setting]
        case Source.VECTORS:
            values |= {"embeddings": "vectors", "tokens": "words"}
            value = 3
        case _:
            value = RunConfig.model_fields[setting].default
    return replace(layers, config_file=values), value


ABOVE_ANCESTOR = (*WRITTEN, Source.RECIPE)
PAIRS = [
    *[(upper, lower, "length") for upper, lower in combinations(ABOVE_ANCESTOR, 2)],
    *[(upper, Source.ANCESTOR, "hidden") for upper in ABOVE_ANCESTOR],
    *[(upper, Source.CORPUS, "length") for upper in ABOVE_ANCESTOR],
    *[(upper, Source.VECTORS, "embedding") for upper in ABOVE_ANCESTOR],
    *[(upper, Source.DEFAULT, "length") for upper in ABOVE_ANCESTOR],
    (Source.ANCESTOR, Source.CORPUS, "task"),
    (Source.ANCESTOR, Source.VECTORS, "embedding"),
    (Source.ANCESTOR, Source.DEFAULT, "hidden"),
    (Source.CORPUS, Source.DEFAULT, "length"),
    (Source.VECTORS, Source.DEFAULT, "embedding"),
]


def test_the_pairs_are_all_pairs_of_layers_with_a_common_setting() -> None:
    # No corpus suggests the size of the embeddings, the only setting that vectors give.
    missing = set(combinations(Source, 2)) - {(upper, lower) for upper, lower, _ in PAIRS}
    assert missing == {(Source.CORPUS, Source.VECTORS)}


def test_the_upper_layer_of_every_pair_gives_the_value(folder: Folder) -> None:
    for upper, lower, setting in PAIRS:
        layers, _ = layer(Layers({"corpus": "mer"}), lower, setting, 6, folder)
        if lower is Source.CORPUS:
            layers = replace(layers, command_line={"corpus": COPY})
        layers, value = layer(layers, upper, setting, 7, folder)
        if upper is Source.CORPUS:
            layers = replace(layers, command_line={"corpus": COPY})
        resolved = folder.resolve(layers)
        assert resolved.settings[setting] == Setting(value, upper), (upper, lower)


def test_a_written_setting_names_the_value_that_it_hides(folder: Folder) -> None:
    for lower in (*ABOVE_ANCESTOR[1:], Source.CORPUS, Source.DEFAULT):
        hidden_layers, value = layer(Layers(), lower, "length", 6, folder)
        corpus = COPY if lower is Source.CORPUS else "mer"
        layers = replace(hidden_layers, command_line={"corpus": corpus, "length": 7})
        fallback = folder.resolve(layers).fallbacks["length"]
        # The layers of the user count as one: the fallback ignores all of them.
        if lower in WRITTEN:
            assert fallback == Setting(100, Source.DEFAULT), lower
        else:
            assert fallback == Setting(value, lower), lower


def test_a_rate_of_the_user_excludes_the_schedule_of_the_corpus(folder: Folder) -> None:
    suggested = folder.resolve(Layers({"corpus": "stump"})).settings
    assert suggested["schedule"] == Setting("cosine", Source.CORPUS)
    written = folder.resolve(Layers({"corpus": "stump", "lr": 0.01}))
    assert written.settings["schedule"] == Setting("constant", Source.DEFAULT)
    assert written.fallbacks["lr"] == suggested["lr"] == Setting(0.006, Source.CORPUS)


def test_a_corpus_of_the_user_hides_a_generated_one_and_its_settings(folder: Folder) -> None:
    (folder.path / "stump.txt").write_text("La mer monte. " * 50)
    settings = folder.resolve(Layers({"corpus": "stump"})).settings
    assert settings["schedule"] == Setting("constant", Source.DEFAULT)


def test_defaults_depend_on_other_settings(folder: Folder) -> None:
    (folder.path / "reviews.csv").write_text("label,text\ngood,fine\nbad,dull\n")
    documents = folder.resolve(Layers({"corpus": "reviews", "steps": 5})).settings
    assert documents["task"] == Setting("classify", Source.CORPUS)
    assert documents["batch"] == Setting(64, Source.DEFAULT)
    assert documents["epochs"] == Setting(None, Source.DEFAULT)


def test_the_recipe_takes_a_corpus_of_the_user(folder: Folder) -> None:
    layers, _ = layer(Layers({"corpus": "stump"}), Source.RECIPE, "length", 9, folder)
    resolved = folder.resolve(layers)
    assert resolved.settings["corpus"] == Setting("stump", Source.COMMAND_LINE)
    assert resolved.fallbacks["corpus"] == Setting("mer", Source.RECIPE)
    without = folder.resolve(replace(layers, command_line={"corpus": ""})).settings["corpus"]
    assert without == Setting(str((folder.path / "mer.txt").resolve()), Source.RECIPE)


def test_none_is_the_same_as_no_value(folder: Folder) -> None:
    written = {"corpus": "mer", "hidden": None, "steps": None}
    assert folder.resolve(Layers(written)) == folder.resolve(Layers({"corpus": "mer"}))


def test_all_problems_are_listed_in_the_order_of_the_command_line(folder: Folder) -> None:
    written = {
        "corpus": "mre", "init_from": "older", "embeddings": "vetcors", "hidden": 0, "cell": "lstn",
        "hiden": 3, "tied": True,
    }  # fmt: skip
    resolved = folder.resolve(Layers(written, recipe="lstm-molire"))
    names = [problem.name for problem in resolved.problems]
    assert names == ["recipe", "init_from", "corpus", "embeddings", "hiden", "cell", "hidden"]
    assert resolved.config is None


def test_a_missing_corpus_is_raised_first_unless_the_recipe_is_unknown(folder: Folder) -> None:
    written = Layers({"cell": "lstn"})
    with pytest.raises(BadInputError, match="missing argument CORPUS"):
        folder.resolve(written).valid_config()
    with pytest.raises(BadInputError, match="unknown recipe 'nobody'"):
        folder.resolve(replace(written, recipe="nobody")).valid_config()


def test_an_ancestor_conflicts_with_every_other_shape(folder: Folder) -> None:
    written = {"corpus": "mer", "init_from": "old", "hidden": 25, "cell": "gru", "layers": "1"}
    problems = folder.resolve(Layers(written)).problems
    assert [problem.name for problem in problems] == ["cell", "hidden"]
    assert "have hidden = 24, not 25; leave --hidden out" in problems[1].text


def test_the_chosen_values_resolve_to_the_same_run(folder: Folder) -> None:
    layers, _ = layer(Layers({"corpus": "mer", "lr": "1e-3"}), Source.RECIPE, "length", 9, folder)
    resolved = folder.resolve(layers)
    assert resolved.chosen == {"corpus": "mer", "lr": 0.001, "length": 9}
    assert folder.resolve(Layers(resolved.chosen)).config == resolved.config
