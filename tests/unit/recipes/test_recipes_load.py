from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING

import pytest

from rnnlab import recipes
from rnnlab.base.errors import BadInputError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.recipes.conftest import Make, Write

MEASURE = "published = 2.0\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("about", "abuot", ["'abuot'", "did you mean 'about'?"]),
        ('about = "a tiny one"\n', "", ["'about' is missing"]),
        ('"a tiny one"', "3", ["about = '3'", "valid string"]),
        ("corpus = ", "corpus = 3 #", ["corpus = '3'", "valid string"]),
        ('corpus = "mer"', 'corpus = "mer"\nsha256 = "abc"', ["sha256 = 'abc'"]),
        ('corpus = "mer"', 'corpus = "mer"\nname = "x"', ["'name'"]),
        ("hidden", "hiden", ["unknown setting 'hiden'", "did you mean 'hidden'?"]),
        ("hidden = 8", 'hidden = "many"', ["hidden = 'many'", "whole number"]),
        ("hidden = 8", "hidden = [8]", ["hidden = [8]", "whole number"]),
        ("hidden = 8", 'corpus = "x"', ["'corpus' is not a setting of a recipe"]),
        ('"stream"', '"steam"', ["unknown task 'steam'", "did you mean 'stream'?"]),
        ('name = "train"', 'nmae = "train"', ["measures 1", "'nmae'", "did you mean 'name'?"]),
        (MEASURE, "publishd = 2.0\n", ["measures 1", "'publishd'", "did you mean 'published'?"]),
        (MEASURE, "published = [2]\n", ["measures 1", "published"]),
        ('"train_running"', '"los"', ["measures 1", "what = 'los'", "'loss'"]),
        ('"train_running"', '"loss"', ["measures 1", "loss needs a split"]),
        (MEASURE, 'split = "val"\n', ["measures 1", "remove the split"]),
        (MEASURE, 'checkpoint = "first"\n', ["checkpoint = 'first'"]),
        (MEASURE, "goal = nan\n", ["goal = 'nan'", "finite"]),
        (MEASURE, '[[measures]]\nname = "train"\nwhat = "train_running"\n', ["the same name"]),
        (MEASURE, "[grid]\nlayers = 3\n", ["grid", "layers = '3'", "valid list"]),
        (MEASURE, "[grid]\nlayers = []\n", ["'layers' has no values"]),
        (MEASURE, "[grid]\nlayers = [1, 0]\n", ["layers = 0"]),
        (MEASURE, "[grid]\nhidden = [1, 2]\n", ["'hidden' is both in the settings"]),
        (MEASURE, "[grid]\nseed = [" + "1," * 65 + "]\n", ["more than 64 combinations"]),
        (MEASURE, "[[reached]]\nfigures = {tset = 1.0}\nseconds = 1\nmachine = 'a'\n"
                  "command = 'b'\n", ["no measure 'tset'"]),
        (MEASURE, "[[reached]]\nfigures = {train = 1.0}\n", ["reached 1", "'seconds' is missing"]),
        (MEASURE, "published = \n", ["is not a TOML file"]),
    ],
)  # fmt: skip
def test_an_invalid_recipe_is_an_error_of_one_line_with_file_and_key(
    write: Write, old: str, new: str, words: list[str]
) -> None:
    file = write(old, new)
    with pytest.raises(BadInputError) as raised:
        recipes.load(str(file))
    message = str(raised.value)
    assert message.startswith(str(file))
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_file_that_is_not_there_and_an_unknown_name_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"nowhere\.toml: No such file"):
        recipes.load(str(tmp_path / "nowhere.toml"))
    with pytest.raises(UnknownNameError, match=r"unknown recipe 'lstm-molière'.*'lstm-moliere'"):
        recipes.load("lstm-molière")
    with pytest.raises(BadInputError, match="cannot read lstm-moliere: No such file"):
        recipes.load("./lstm-moliere")


def test_a_recipe_has_the_name_of_its_file_valid_for_a_run(write: Write, tmp_path: Path) -> None:
    odd = write().rename(tmp_path / "é à la mer!.toml")
    assert recipes.load(str(odd)).name == "la-mer"


def test_a_ratio_is_to_the_published_number_or_to_the_one_that_words_stand_for(make: Make) -> None:
    (measure,) = make().measures
    assert measure.ratio(1.0) == 0.5
    assert measure.ratio(None) is None
    (words,) = make(MEASURE, 'published = "about 4"\nreference = 4.0\n').measures
    assert words.ratio(1.0) == 0.25
    (none,) = make(MEASURE, "").measures
    assert none.ratio(1.0) is None


def test_a_goal_bounds_a_loss_from_above_and_a_share_from_below(make: Make) -> None:
    (loss,) = make(MEASURE, "goal = 2.0\n").measures
    assert [loss.is_met(x) for x in (1.9, 2.0, 2.1, None)] == [True, True, False, False]
    more = '\n[[measures]]\nname = "a"\nwhat = "accuracy"\nsplit = "val"\ngoal = 0.5\n'
    accuracy = make(more=more)
    assert [accuracy.measures[1].is_met(x) for x in (0.4, 0.5, 0.6)] == [False, True, True]
    assert accuracy.measures[0].is_met(1.0) is None


def test_a_corpus_is_known_by_its_content_gzipped_or_not(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_bytes(b"La mer." * 1000)
    packed.write_bytes(gzip.compress(plain.read_bytes(), mtime=7))
    expected = hashlib.sha256(plain.read_bytes()).hexdigest()
    assert recipes.content_sha256(plain) == recipes.content_sha256(packed) == expected
    packed.write_bytes(packed.read_bytes()[:50])
    with pytest.raises(BadInputError, match=r"cannot read .*a\.csv\.gz"):
        recipes.content_sha256(packed)
