"""Profiles of texts and documents, and the task that suits a text."""

from __future__ import annotations

from pathlib import Path

from rnnlab.corpora import (
    look_into,
)


def test_a_profile_has_characters_sentences_and_bounds(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    text = "Le roi mange du pain. La reine boit.\n" * 200 + "Zut! Zut!"
    file.write_text(text)
    look = look_into(file)
    assert look.text is not None
    assert look.text.num_chars == len(text)
    assert look.text.num_distinct == len(set(text))
    assert look.text.rare == "!Z"
    lengths = look.text.sentences
    assert (lengths.num, lengths.longest) == (402, len("Le roi mange du pain."))
    assert sum(num for _, num in lengths.histogram) == lengths.num
    assert look.text.num_duplicates == 399
    assert look.text.num_lines == 200
    bounds = look.text.bounds
    assert bounds is not None
    assert bounds.unigram > bounds.ngrams[0] > bounds.ngrams[-1] > 0
    assert look.to_json()["statistics"]["sentences"]["num"] == 402


def test_documents_are_measured_in_words(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("label,text\n1,one two three\n0,one\n1,one two three\n0,\n")
    look = look_into(file)
    assert look.documents is not None
    assert (look.documents.words.num, look.documents.words.longest) == (4, 3)
    assert look.documents.num_duplicates == 1
    assert look.suggestion.task == "classify"
    assert look.examples[0] == ("0", "one")


def test_the_suggested_task_depends_on_the_layout(tmp_path: Path) -> None:
    prose, verse = tmp_path / "prose.txt", tmp_path / "verse.txt"
    prose.write_text("A sentence of a few words. " * 600)
    verse.write_text("A line\nand another\nwithout an end\n" * 600)
    assert look_into(prose).suggestion.task == "sentences"
    assert look_into(verse).suggestion.task == "stream"
    words = look_into(verse).suggestion.command("verse")
    assert words[:5] == ["rnnlab", "train", "verse", "--task", "stream"]
