"""Word vectors: reading the rows of a vocabulary, and errors of a file."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import (
    Dataset,
    Documents,
    Task,
    Vocabulary,
    check,
    read_vectors,
    vectors_width,
)
from rnnlab.corpora.tasks import classify, sentences, stream
from rnnlab.settings.run_config import RunConfig
from tests.toys.refused import refused

Write = Callable[[str | bytes], Path]

FILE = """the 1 2
cat -0.5 1e-1
The 3 4
. . 5 6
cat 9 9
paris 7 8
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return write(content), which writes a file of vectors."""

    def write(content: str | bytes) -> Path:
        file = tmp_path / "vectors.txt"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    return write


def test_words_are_looked_up_unchanged_then_in_lower_case(write: Write) -> None:
    tokens = ["<pad>", "<unk>", "the", " the", "The", " THE", " Paris", "cat", "dog", " ", "\n"]
    matrix, result = read_vectors(write(FILE), tokens, 2, "zero")
    assert matrix.dtype == np.float32
    expected: list[list[float]] = [
        [0, 0], [0, 0], [1, 2], [1, 2], [3, 4], [1, 2], [7, 8], [-0.5, 0.1], [0, 0], [0, 0], [0, 0]
    ]  # fmt: skip
    # Exactly equal: both are the decimal number rounded to float32 once.
    assert np.array_equal(matrix, np.array(expected, dtype=np.float32))
    assert result.tolist() == [any(row) for row in expected]


def test_a_word_with_spaces_is_found(write: Write) -> None:
    assert read_vectors(write(FILE), [". .", "x"], 2, "zero").matrix.tolist() == [[5, 6], [0, 0]]


def test_missing_words_are_small_and_random_but_padding_is_zero(write: Write) -> None:
    chance = np.random.default_rng(1)
    known = [f"w{i}" for i in range(400)]
    rows = chance.normal(0, 3, (400, 10))
    content = "".join(
        f"{word} {' '.join(f'{x:.5f}' for x in row)}\n"
        for word, row in zip(known, rows, strict=True)
    )
    tokens = ["<pad>", "<unk>", *known, *(f"x{i}" for i in range(400))]
    matrix, result = read_vectors(write(content), tokens, 10)
    assert result.sum() == 400
    assert not matrix[0].any()
    made_up = matrix[~result][1:]
    assert made_up.std() == pytest.approx(0.1 * matrix[result].std(), rel=0.05)
    assert abs(made_up.mean()) < 0.02
    file = write(content)
    assert np.array_equal(read_vectors(file, tokens, 10).matrix, matrix)
    assert not np.array_equal(read_vectors(file, tokens, 10, seed=2).matrix, matrix)


def test_a_vector_for_padding_in_the_file_is_ignored(write: Write) -> None:
    file = write("<pad> 1 1\na 1 2\n")
    assert read_vectors(file, ["<pad>", "a"], 2).matrix.tolist() == [[0, 0], [1, 2]]


def test_gzip_line_ends_and_the_header_of_word2vec_are_supported(tmp_path: Path) -> None:
    expected = [[1, 2], [7, 8]]
    for name, content in (
        ("a.txt", FILE),
        ("a.txt", "\ufeff" + FILE),
        ("a.txt", FILE.replace("\n", "\r\n")),
        ("a.txt", "6 2\n" + FILE.replace("\n", " \n")),
        ("a.txt", FILE + "\n\n"),
        ("a.vec.gz", FILE),
    ):
        file = tmp_path / name
        data = content.encode()
        file.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        assert vectors_width(file) == 2
        assert read_vectors(file, ["the", "paris"], 2).matrix.tolist() == expected


def test_only_line_feeds_end_a_line(write: Write) -> None:
    file = write("a\u2028b 1 2\nc\x85 3 4\n")
    assert read_vectors(file, ["a\u2028b", "c\x85"], 2).found.all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("6 2\n", "is empty"),
        ("the 1 2\ncat 1\n", "line 2: 1 numbers, expected 2"),
        ("the 1 2\ncat 1 2 3\n", "line 2: 3 numbers, expected 2"),
        ("the 1 2\ncat\n", "line 2: 0 numbers, expected 2"),
        ("6 2\nthe 1 2 3\n", "line 2: 3 numbers, expected 2"),
        ("dog 1 2\nthe 1 x\n", "line 2: 'x' is not a number"),
        ("the nan 1\n", "line 1: 'nan' is not a number"),
        ("the 1 inf\n", "line 1: 'inf' is not a number"),
        ("the 1 1e999\n", "line 1: '1e999' is not a number"),
        ("the  1\n", "line 1: '' is not a number"),
        (b"dog 1 2\n\xff\xfe 1 2\n", "not UTF-8 (byte 0xff) in line 2"),
        ("dog 1 2\n", "has no vector for any of the 2 tokens"),
    ],
)
def test_an_invalid_file_is_refused(write: Write, content: str | bytes, said: str) -> None:
    file = write(content)
    message = refused(lambda: read_vectors(file, ["the", "cat"], 2))
    assert said in message
    assert str(file) in message


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "is empty"), ("word\n", "line 1: no vector"), (b"\xff 1\n", "not UTF-8")],
)
def test_a_file_without_a_width_is_refused(write: Write, content: str | bytes, said: str) -> None:
    assert said in refused(lambda: vectors_width(write(content)))


def test_a_broken_or_missing_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.txt.gz"
    assert "No such file" in refused(lambda: vectors_width(file))
    file.write_bytes(gzip.compress(FILE.encode() * 9, mtime=0)[:-9])
    assert "not a complete gzip file" in refused(lambda: read_vectors(file, ["the"], 2))


# In a dataset

TEXT = "The cat sat. The dog sat? The cat ran! " * 20
DOCUMENTS = Documents(("The cat", "the dog", "cat", "a dog") * 10, ("0", "1") * 20, (), ("0", "1"))
SOURCES: list[tuple[Task, object]] = [(stream, TEXT), (sentences, TEXT), (classify, DOCUMENTS)]


def build(task: Task, source: object, vocabulary: Vocabulary | None, **values: object) -> Dataset:
    config = RunConfig.from_values(
        {"corpus": "none", "tokens": "words", "batch": 4, "length": 9, "embedding": 2}
        | {"task": task.__name__.rpartition(".")[2], **values}  # type: ignore[attr-defined]
    )
    return task.build(source, vocabulary, config)


@pytest.mark.parametrize(("task", "source"), SOURCES)
def test_a_new_vocabulary_gets_vectors_with_a_note(
    task: Task, source: object, write: Write
) -> None:
    dataset = build(task, source, None, embeddings=str(write(FILE)), unknown_vectors="zero")
    assert dataset.vectors is not None
    tokens = dataset.vocabulary.tokens
    assert dataset.vectors.matrix.shape == (len(tokens), 2)
    cat = tokens.index("cat" if task is classify else " cat")
    assert dataset.vectors.matrix[cat].tolist() == [-0.5, np.float32(0.1)]
    assert "have a vector in vectors.txt" in dataset.notes[-1]
    assert build(task, source, None).vectors is None


def test_the_coverage_counts_distinct_words_and_words_of_the_text(write: Write) -> None:
    splits = ("train",) * 4 + ("val",) * 2
    texts = ("the cat the", "dog", "the", "bird bird bird", "unseen", "the")
    documents = Documents(texts, ("0", "1") * 3, splits, ("0", "1"))  # type: ignore[arg-type]
    notes = build(classify, documents, None, embeddings=str(write(FILE))).notes
    assert notes[-1] == (
        "2 of 4 words (50.0%) have a vector in vectors.txt: 50.0% of the words of the train split"
    )


@pytest.mark.parametrize(("task", "source"), SOURCES)
def test_a_given_vocabulary_does_not_need_the_file(
    task: Task, source: object, tmp_path: Path
) -> None:
    vocabulary = build(task, source, None).vocabulary
    gone = str(tmp_path / "gone.txt")
    assert build(task, source, vocabulary, embeddings=gone).vectors is None


@pytest.mark.parametrize(("task", "source"), SOURCES)
def test_a_check_does_not_parse_all_vectors(task: Task, source: object, tmp_path: Path) -> None:
    task.check(
        source,
        RunConfig.from_values(
            {"corpus": "none", "tokens": "words", "batch": 4, "length": 9}
            | {"embeddings": str(tmp_path / "gone.txt")}
        ),
    )


def test_vectors_are_checked_before_the_corpus_is_read(write: Write, tmp_path: Path) -> None:
    config = RunConfig.from_values(
        {"corpus": str(tmp_path / "none.txt"), "tokens": "words", "embeddings": str(write(FILE))}
    )
    with pytest.raises(
        BadInputError, match="have 2 elements, but embedding is 64; use --embedding 2"
    ):
        check(config)
