"""Every text that a person reads follows the rules of plain words."""

from __future__ import annotations

import pytest

from tests.prose.plain_words import all_breaches, local_names, phrases
from tests.prose.texts import Text, markdown_texts, python_texts


def test_all_texts_follow_the_rules() -> None:
    places = [breach for breaches in all_breaches().values() for breach in breaches]
    assert not places, "rewrite in plain words:\n" + "\n".join(map(str, places))


@pytest.mark.parametrize(
    ("prose", "words"),
    [
        ("Stop after so many steps.", ["so many"]),
        ("Stop after so\n    many steps.", ["so many"]),
        ("There were so many that it failed.", []),
        ("'x' is no corpus", ["is no"]),
        ("there is no corpus 'x'", []),
        ("It is no longer there.", []),
        ("What holds by default.", ["what holds"]),
        ("It is told so.", ["is told"]),
        ("Options given here go first.", ["go first"]),
        ("Every text starts afresh.", ["starts afresh"]),
        ("The loss of the held-out text.", ["held-out text"]),
        ("A pre-made list of nets-like things", []),
    ],
)
def test_a_banned_phrase_is_seen(prose: str, words: list[str]) -> None:
    assert [breach.words for breach in phrases(Text(1, prose))] == words


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("found = 1", ["found"]),
        ("for kept, name in pairs: pass", ["kept"]),
        ("def f():\n    made: int = 1", ["made"]),
        ("print(said := 1)", ["said"]),
        ("class Row:\n    told: int = 1", []),
        ("self.found = 1", []),
        ("f(found=1)", []),
    ],
)
def test_a_banned_name_is_seen(source: str, names: list[str]) -> None:
    assert [breach.words for breach in local_names(source)] == names


def test_a_breach_has_the_line_of_its_words() -> None:
    source = 'x = 1\n"""A title.\n\nIt stops\nafter so many steps.\n"""\n# one\n# is no two\n'
    places = [b.line for text in python_texts(source) for b in phrases(text)]
    assert sorted(places) == [5, 8]


def test_code_and_the_glossary_of_a_document_are_not_prose() -> None:
    source = "A `so many` b.\n\n    so many\n\n## Glossary\n\nso many\n\n## More\n\nit is no x\n"
    places = [(b.line, b.words) for text in markdown_texts(source) for b in phrases(text)]
    assert places == [(11, "is no")]
