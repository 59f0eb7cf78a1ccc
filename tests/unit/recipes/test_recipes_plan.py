from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from rnnlab import recipes
from rnnlab.base.errors import BadInputError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.recipes.conftest import Make

GRID = "\n[grid]\nlayers = [1, 2]\nseed = [3, 4]\n"
VECTORS = '\n[vectors]\nname = "v.txt"\nget = "a shop"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    text = tmp_path / "mer.txt"
    text.write_text("La mer. " * 100)
    return text


def test_a_recipe_without_a_grid_is_one_run_of_its_name(make: Make, file: Path) -> None:
    (run,) = recipes.plan(make(), file, {})
    assert run.name == "tiny"
    assert run.values == {"task": "stream", "hidden": 8, "lr": 0.01, "corpus": str(file)}


def test_a_grid_is_one_run_for_each_combination(make: Make, file: Path) -> None:
    runs = recipes.plan(make(more=GRID), file, {})
    assert [run.name for run in runs] == [
        "tiny-seed-3", "tiny-seed-4", "tiny-x2-seed-3", "tiny-x2-seed-4",
    ]  # fmt: skip
    assert [(run.values["layers"], run.values["seed"]) for run in runs] == [
        (1, 3), (1, 4), (2, 3), (2, 4),
    ]  # fmt: skip


def test_settings_override_the_recipe_and_its_grid(make: Make, file: Path) -> None:
    runs = recipes.plan(make(more=GRID), file, {"layers": 2, "lr": 0.5}, name="mine")
    assert [run.name for run in runs] == ["mine-x2-seed-3", "mine-x2-seed-4"]
    assert {(run.values["layers"], run.values["lr"]) for run in runs} == {(2, 0.5)}


def test_settings_that_do_not_go_with_the_recipe_are_refused(make: Make, file: Path) -> None:
    with pytest.raises(BadInputError, match="tied needs"):
        recipes.plan(make(), file, {"tied": True})


def test_differing_settings_are_listed_and_equal_ones_are_not(make: Make, file: Path) -> None:
    given = {"lr": 0.5, "hidden": 8, "one_hot": True, "layers": 2, "batch": 16, "steps": 3}
    assert recipes.overridden(make(more=GRID), given, file) == [
        "changed here: layers = 2 (in the recipe: 1, 2)",
        "changed here: one_hot = true (in the recipe: false)",
        "changed here: lr = 0.5 (in the recipe: 0.01)",
        "changed here: steps = 3 (in the recipe: none)",
    ]


def test_another_text_is_listed(make: Make, file: Path) -> None:
    right = hashlib.sha256(file.read_bytes()).hexdigest()
    top = 'corpus = "mer"\n'
    assert recipes.overridden(make(top, f'{top}sha256 = "{right}"\n'), {}, file) == []
    wrong = "0" * 64
    (line,) = recipes.overridden(make(top, f'{top}sha256 = "{wrong}"\n'), {}, file)
    assert line == "mer.txt is not the corpus of the recipe: its SHA-256 differs"


def test_word_vectors_are_found_in_the_data_folder_plain_or_gzipped(
    make: Make, file: Path, tmp_path: Path
) -> None:
    recipe = make('"stream"', '"stream"\ntokens = "words"', VECTORS)
    settings = {"lr": 0.5}
    with pytest.raises(BadInputError, match=r"no file .*get it: a shop; put it there"):
        recipes.plan(recipe, file, settings, data=tmp_path)
    (run,) = recipes.plan(recipe, file, {**settings, "embeddings": "b.txt"}, data=tmp_path)
    assert run.values["embeddings"] == "b.txt"
    packed = tmp_path / "v.txt.gz"
    packed.touch()
    (run,) = recipes.plan(recipe, file, settings, data=tmp_path)
    assert run.values["embeddings"] == str(packed)


def test_a_single_run_of_a_grid_has_its_first_values(make: Make) -> None:
    values = recipes.base_values(make(more=GRID), {"lr": 0.5}, None)
    assert values == {"task": "stream", "hidden": 8, "layers": 1, "seed": 3}
