"""The splits of documents: those of the file, or stratified random ones."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import Documents, SplitName
from rnnlab.corpora._hold_out import draw, hold_out
from rnnlab.settings.run_config import RunConfig

quick = settings(max_examples=40)

PARTS: tuple[SplitName, SplitName, SplitName] = ("train", "val", "test")
TRAIN, VAL, TEST = PARTS


def config_of(**values: object) -> RunConfig:
    return RunConfig.from_values({"corpus": "none", "task": "classify", **values})


def documents_of(labels: list[str], splits: list[SplitName] | None = None) -> Documents:
    texts = tuple(f"{'long ' * (i % 5)}{i}" for i in range(len(labels)))
    return Documents(texts, tuple(labels), tuple(splits or ()), tuple(sorted(set(labels))))


MANY = documents_of(["0"] * 200 + ["1"] * 100)


def parts_of(documents: Documents, **values: object) -> dict[str, list[int]]:
    return {name: rows.tolist() for name, rows in hold_out(documents, config_of(**values)).items()}


@quick
@given(
    labels=st.lists(st.sampled_from("abc"), min_size=40, max_size=80),
    val=st.floats(0.1, 0.4),
    test=st.sampled_from([0.0, 0.1, 0.3]),
    seed=st.integers(0, 5),
)
def test_every_document_is_in_one_split_and_classes_keep_their_fractions(
    labels: list[str], val: float, test: float, seed: int
) -> None:
    documents = documents_of(labels)
    result = parts_of(documents, val_fraction=val, test_fraction=test, seed=seed)
    assert list(result) == (["train", "val", "test"] if test else ["train", "val"])
    assert sorted(row for rows in result.values() for row in rows) == list(range(len(labels)))
    for name, num in Counter(labels).items():
        for split, fraction in (("val", val), ("test", test)):
            of_class = [row for row in result.get(split, []) if labels[row] == name]
            assert abs(len(of_class) - num * fraction) <= 0.5


def test_the_splits_depend_only_on_the_seed() -> None:
    assert parts_of(MANY) == parts_of(MANY, batch=3, length=7)
    assert parts_of(MANY)["val"] != parts_of(MANY, seed=2)["val"]


def test_a_split_is_in_random_order() -> None:
    """Files are often sorted by class, and the first documents must represent the split."""
    for rows in parts_of(MANY, test_fraction=0.3).values():
        assert rows != sorted(rows)
        half = [MANY.labels[row] for row in rows[: len(rows) // 2]]
        assert 0.2 < half.count("1") / len(half) < 0.5


def test_the_splits_of_the_file_are_used() -> None:
    splits: list[SplitName] = [*PARTS] * 20
    result = parts_of(documents_of(["0", "1"] * 30, splits), test_fraction=0.3)
    assert {name: sorted(rows) for name, rows in result.items()} == {
        "train": list(range(0, 60, 3)),
        "val": list(range(1, 60, 3)),
        "test": list(range(2, 60, 3)),
    }


def test_validation_is_drawn_from_train_if_the_file_has_none() -> None:
    splits: list[SplitName] = [*[TEST] * 40, *[TRAIN] * 60]
    result = parts_of(documents_of(["0", "1"] * 50, splits), val_fraction=0.2)
    assert sorted(result["test"]) == list(range(40))
    assert sorted([*result["train"], *result["val"]]) == list(range(40, 100))
    assert Counter(row % 2 for row in result["val"]) == {0: 6, 1: 6}


def test_a_file_without_a_test_split_has_none() -> None:
    splits: list[SplitName] = [*[TRAIN] * 90, *[VAL] * 10]
    assert list(parts_of(documents_of(["0", "1"] * 50, splits), test_fraction=0.2)) == [
        "train",
        "val",
    ]


@pytest.mark.parametrize(
    ("labels", "values", "message"),
    [
        (["0", "1"], {}, "2 documents are too few for a val split; add documents or raise --val-"),
        (["0", "1"] * 4, {"val_fraction": 0.4, "test_fraction": 0.01}, "too few for a test split"),
        (
            ["0", "1"],
            {"val_fraction": 0.5, "test_fraction": 0.4},
            "too few for a train split; add documents",
        ),
    ],
)
def test_too_few_documents_are_refused(
    labels: list[str], values: dict[str, object], message: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        parts_of(documents_of(labels), **values)
    assert message in str(caught.value)


# A limit


@quick
@given(limit=st.integers(2, 6000), seed=st.integers(0, 3))
def test_a_limit_is_stratified_by_class_and_split(limit: int, seed: int) -> None:
    splits: list[SplitName] = [*[TRAIN] * 150, *[TEST] * 150]
    documents = documents_of((["0"] * 100 + ["1"] * 50) * 2, splits)
    drawn = draw(documents, limit, seed)
    letters, limited = (sum(map(len, d.texts)) for d in (documents, drawn))
    if limit >= letters:
        assert drawn == documents
        return
    assert limited <= limit + 4 * 25  # each of the four has at least one
    assert limited > limit - 4 * 25
    groups = Counter(zip(drawn.splits, drawn.labels, strict=True))
    assert len(groups) == 4
    for split in ("train", "test"):
        assert abs(groups[split, "0"] - 2 * groups[split, "1"]) <= 0.2 * len(drawn) + 4


def test_drawn_documents_keep_their_order_and_depend_on_the_seed() -> None:
    drawn = draw(MANY, 1000, 1)
    places = [MANY.texts.index(text) for text in drawn.texts]
    assert places == sorted(places)
    assert draw(MANY, 1000, 1) == drawn
    assert draw(MANY, 1000, 2) != drawn
    assert drawn.texts != MANY.texts[: len(drawn)]


def test_empty_documents_can_be_limited() -> None:
    empty = Documents(("", ""), ("0", "1"), (), ("0", "1"))
    assert draw(empty, 2, 1) == empty
