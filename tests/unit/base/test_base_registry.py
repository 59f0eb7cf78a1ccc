from __future__ import annotations

import ast
from pathlib import Path

import pytest

import rnnlab
from rnnlab.base import registry
from rnnlab.base.errors import UnknownNameError

KINDS = ("cells", "decoding", "decoding/filters", "corpora", "corpora/tasks", "plots", "cli")


@pytest.mark.parametrize("kind", KINDS)
def test_a_folders_files_are_its_entries(kind: str) -> None:
    folder = Path(rnnlab.__file__).parent / kind
    files = {f.stem for f in folder.iterdir() if f.suffix == ".py" and not f.stem.startswith("_")}
    assert set(registry.names(kind)) == {stem.replace("_", "-") for stem in files}
    assert list(registry.names(kind)) == sorted(registry.names(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_every_entry_has_a_summary_of_one_sentence(kind: str) -> None:
    for name in registry.names(kind):
        assert registry.summary(kind, name).strip(), f"{kind}/{name} has no docstring"
        assert "\n" not in registry.summary(kind, name)


@pytest.mark.parametrize("kind", ["cells", "decoding/filters"])
def test_a_description_is_the_whole_docstring(kind: str) -> None:
    for name in registry.names(kind):
        file = Path(rnnlab.__file__).parent / kind / f"{name.replace('-', '_')}.py"
        assert registry.description(kind, name) == ast.get_docstring(ast.parse(file.read_text()))


def test_a_dash_in_a_name_is_an_underscore_in_the_file() -> None:
    assert "first-sample" in registry.names("decoding")
    assert registry.load("decoding", "first-sample").__name__ == "rnnlab.decoding.first_sample"


@pytest.mark.parametrize("name", ["", "_base", "__init__", "first_sample", "../errors", "lstm.py"])
def test_a_file_that_is_not_an_entry_is_never_imported(name: str) -> None:
    with pytest.raises(UnknownNameError):
        registry.load("decoding", name)


@pytest.mark.parametrize(
    ("kind", "noun"),
    [("cells", "cell"), ("decoding", "decoder"), ("corpora/tasks", "task"), ("corpora", "corpus")],
)
def test_an_error_uses_the_users_word_for_a_kind(kind: str, noun: str) -> None:
    with pytest.raises(UnknownNameError, match=f"^unknown {noun} 'qqq'"):
        registry.check(kind, "qqq")


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'lstm'"):
        registry.check("cells", "lsmt")
