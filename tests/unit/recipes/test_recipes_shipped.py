from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rnnlab import recipes
from rnnlab.recipes import Recipe
from rnnlab.settings.run_config import RunConfig

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {
    "mikolov-moliere", "lstm-moliere",
    "speech-rnn-100", "speech-gru-100", "speech-lstm-100",
    "speech-rnn-42", "speech-gru-42", "speech-lstm-42",
    "imdb-rnn", "imdb-lstm", "imdb-gru",
    "imdb-rnn-glove", "imdb-lstm-glove", "imdb-gru-glove",
    "vanishing-rnn", "vanishing-lstm", "vanishing-gru", "vanishing",
    "moliere-best", "shakespeare-best", "imdb-best", "speech-best",
}  # fmt: skip


def configs(recipe: Recipe) -> list[RunConfig]:
    from pathlib import Path

    given = {"embeddings": "vectors.txt"} if recipe.vectors else {}
    runs = recipes.plan(recipe, Path(recipe.corpus), given)
    return [RunConfig.from_values(run.values) for run in runs]


def test_every_experiment_of_the_course_and_our_own_is_there() -> None:
    assert set(recipes.names()) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_shipped_recipe_loads_with_settings_that_are_valid(name: str) -> None:
    recipe = recipes.load(name)
    assert recipe.name == name
    assert len(recipe.about) <= 80
    assert recipe.get
    assert recipe.sha256
    assert recipe.differs
    assert recipe.differs == tuple(line.strip() for line in recipe.differs)
    assert configs(recipe)


def test_published_losses_are_named_by_what_they_are_of() -> None:
    assert recipes.load("lstm-moliere").published_losses == {"train": 1.1036, "val": 1.5117}
    assert recipes.load("imdb-best").published_losses == {}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_published_number_or_words_with_a_number_to_compare_with(name: str) -> None:
    for measure in recipes.load(name).measures:
        if isinstance(measure.published, str):
            assert measure.reference is not None
        else:
            assert measure.reference is None


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (
            "mikolov-moliere",
            {"limit_chars": 50_000, "one_hot": True, "cell": "rnn-sigmoid", "hidden": 128,
             "optimizer": "sgd", "lr": 0.1, "batch": 1, "length": 1, "clip": 0.0, "epochs": 10.0},
        ),
        (
            "lstm-moliere",
            {"limit_chars": 100_000, "embedding": 128, "cell": "lstm", "hidden": 128,
             "optimizer": "adamw", "lr": 0.001, "batch": 1, "length": 100, "clip": 0.0,
             "epochs": 20.0},
        ),
        (
            "speech-gru-42",
            {"task": "sentences", "alphabet": "ascii", "embedding": 60, "hidden": 96, "batch": 64,
             "optimizer": "adam", "lr": 0.001, "length": 42, "epochs": 250.0, "clip": 0.0},
        ),
        (
            "imdb-lstm-glove",
            {"task": "classify", "tokens": "words", "vocab_size": 10_000, "length": 200,
             "batch": 64, "embedding": 100, "frozen": True, "embeddings": "vectors.txt"},
        ),
    ],
)  # fmt: skip
def test_the_settings_are_those_of_the_experiment(name: str, settings: dict[str, object]) -> None:
    (config,) = configs(recipes.load(name))
    assert {key: getattr(config, key) for key in settings} == settings


@pytest.mark.parametrize(
    ("name", "depths"),
    [("imdb-rnn", [1, 2, 3]), ("imdb-gru", [1, 2, 3]), ("vanishing-lstm", [1, 2, 4, 8])],
)
def test_a_grid_of_depths_is_one_run_for_each(name: str, depths: list[int]) -> None:
    assert [config.layers for config in configs(recipes.load(name))] == depths


def test_one_text_has_one_sha256_in_all_recipes() -> None:
    found: dict[str, set[str | None]] = {}
    for name in recipes.names():
        recipe = recipes.load(name)
        found.setdefault(recipe.corpus, set()).add(recipe.sha256)
    assert set(found) == {"moliere", "speeches", "shakespeare", "imdb", "stump"}
    assert all(len(sums) == 1 for sums in found.values())


def test_the_files_name_no_place_of_a_machine() -> None:
    for name in recipes.names():
        recipe = recipes.load(name)
        for line in (recipe.get, *recipe.differs):
            assert "/home" not in line
            assert "/root" not in line
            assert "/work" not in line


def test_an_error_says_how_to_get_a_missing_corpus(tmp_path: Path) -> None:
    from rnnlab.base.errors import BadInputError

    with pytest.raises(BadInputError) as raised:
        recipes.locate(recipes.load("speech-best"), None, tmp_path)
    assert f"put it at {tmp_path / 'speeches.txt'}, or name it: `rnnlab reproduce" in str(
        raised.value
    )


def test_an_error_names_the_command_that_fetches_a_missing_corpus(tmp_path: Path) -> None:
    from rnnlab.base.errors import BadInputError

    with pytest.raises(BadInputError, match="`rnnlab corpora fetch moliere`"):
        recipes.locate(recipes.load("moliere-best"), None, tmp_path)
