"""A text on disk, encoded in blocks, gives the same dataset as in memory."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import time
import tracemalloc
import unicodedata
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import Dataset, Progress, Repairs, prepare, silent
from rnnlab.corpora._long import LongText, Sizes, open_text
from rnnlab.corpora.tasks import sentences, stream
from rnnlab.settings.run_config import RunConfig

TEXT = (
    "Où est-elle? L'e\u0301te\u0301, dit-on... Le roi <unk> mange!? Un pain; 12 œufs.\r\n"
    "Une ligne sans fin  avec deux espaces\n\n\u0301Mark. Fin?! Et «voilà».\t日本 Ω≈ç √\n"
) * 40 + "Das Ende ohne Zeichen"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RNNLAB_DATA", str(tmp_path / "data"))
    made = tmp_path / "long.txt"
    made.write_bytes(TEXT.encode("utf-8"))
    return made


def config_of(file: Path, **settings: object) -> RunConfig:
    values = {"corpus": str(file), "batch": 3, "length": 20, "test_fraction": 0.1, "vocab_size": 12}
    return RunConfig.from_values({**values, **settings})


TASKS: dict[str, ModuleType] = {"stream": stream, "sentences": sentences}
SIZES = Sizes(long_bytes=1, block_chars=50)
"""Every text is long, and read in many blocks."""


def on_disk(
    config: RunConfig,
    sizes: Sizes = SIZES,
    like: Dataset | None = None,
    progress: Progress = silent,
) -> Dataset:
    """Prepare a text with small sizes; `prepare` uses the default sizes."""
    text = open_text(Path(config.corpus), config.limit_chars, progress, sizes)
    assert isinstance(text, LongText)
    dataset = TASKS[config.task].build(text, like.vocabulary if like else None, config)
    assert isinstance(dataset, Dataset)
    return dataset


def stored(file: Path) -> dict[str, int]:
    """Return the folders of encoded texts next to a file, with their times."""
    folders = (file.parent / ".encoded").glob("[!.]*")
    return {folder.name: (folder / "about.json").stat().st_mtime_ns for folder in folders}


def assert_same(one: Dataset, other: Dataset) -> None:
    assert one.vocabulary == other.vocabulary
    assert one.fingerprint == other.fingerprint
    assert one.notes == other.notes
    assert set(one.splits) == set(other.splits)
    for name in one.splits:
        a, b = one.splits[name], other.splits[name]
        assert (a.num_tokens, a.chars_per_token) == (b.num_tokens, b.chars_per_token)
        for x, y in zip(
            [*a.train_batches(1), *a.eval_batches()],
            [*b.train_batches(1), *b.eval_batches()],
            strict=True,
        ):
            assert np.array_equal(x.inputs_BT, y.inputs_BT)
            assert np.array_equal(x.targets, y.targets)
            assert x.inputs_BT.dtype == x.targets.dtype == np.int64


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("tokens", ["chars", "words"])
@pytest.mark.parametrize("alphabet", ["unicode", "ascii"])
def test_blocks_change_nothing(file: Path, task: str, tokens: str, alphabet: str) -> None:
    config = config_of(file, task=task, tokens=tokens, alphabet=alphabet)
    in_memory = prepare(config)
    for block in (7, 50, 10_000):
        shutil.rmtree(file.parent / ".encoded", ignore_errors=True)
        assert_same(on_disk(config, replace(SIZES, block_chars=block)), in_memory)
    assert_same(on_disk(config, like=in_memory), prepare(config, vocabulary=in_memory.vocabulary))


def test_limit_gzip_and_other_line_ends_are_supported(file: Path) -> None:
    packed = file.with_name("packed.txt.gz")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    config = config_of(packed, task="sentences", limit_chars=1_900)
    assert_same(on_disk(config), prepare(config))


def test_an_encoded_text_is_reused(file: Path) -> None:
    config = config_of(file)
    made = on_disk(config)
    before = stored(file)
    assert_same(on_disk(config_of(file, batch=3, val_fraction=0.1)), made)
    assert stored(file) == before
    on_disk(config_of(file, tokens="words"))
    assert len(stored(file)) == 2


def test_another_text_of_the_same_name_is_encoded_again(file: Path) -> None:
    before = on_disk(config_of(file))
    about = file.stat()
    file.write_bytes(TEXT.replace("roi", "loi").encode("utf-8"))
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
    after = on_disk(config_of(file))
    assert after.fingerprint != before.fingerprint
    assert_same(after, prepare(config_of(file)))


def test_encoding_a_changed_text_deletes_the_old_encoding(file: Path) -> None:
    beside = file.with_name("beside.txt")
    beside.write_bytes(file.read_bytes()[:-1])
    other = on_disk(config_of(beside))
    of_other = stored(file)
    mapped = on_disk(config_of(file))
    on_disk(config_of(file, tokens="words"))
    read_first = list(mapped.splits["train"].train_batches(0))
    assert len(stored(file)) == 3
    file.write_bytes(TEXT.replace("roi", "loi").encode("utf-8"))
    on_disk(config_of(file))
    assert len(stored(file)) == 2, "the new one, and that of the other file"
    for one, again in zip(read_first, mapped.splits["train"].train_batches(0), strict=True):
        assert np.array_equal(one.inputs_BT, again.inputs_BT)
    assert_same(on_disk(config_of(beside)), other)
    assert stored(file).items() >= of_other.items()


def test_only_the_newest_encodings_of_a_text_are_kept(file: Path) -> None:
    sizes = replace(SIZES, most_kept=2)
    for age, limit in enumerate((400, 500, 600, 700)):
        known = set(stored(file))
        on_disk(config_of(file, limit_chars=limit), sizes)
        for name in set(stored(file)) - known:  # a file system's clock may be coarse
            os.utime(file.parent / ".encoded" / name, ns=(age, age))
    kept = stored(file)
    assert len(kept) == 2
    for limit in (600, 700):
        on_disk(config_of(file, limit_chars=limit), sizes)
    assert stored(file) == kept


def test_unknown_folders_are_not_deleted(file: Path) -> None:
    folder = file.parent / ".encoded"
    for name, about in (("a", "[]"), ("b", "{"), ("c", '{"source": "long.txt"}'), ("d", "{}")):
        (folder / name).mkdir(parents=True)
        (folder / name / "about.json").write_text(about)
    (folder / "notes").touch()
    on_disk(config_of(file))
    assert {path.name for path in folder.iterdir()} > {"a", "b", "c", "d", "notes"}


@pytest.mark.parametrize("part", ["about.json", "places.bin", "starts.bin"])
def test_a_broken_folder_is_encoded_again(file: Path, part: str) -> None:
    config = config_of(file)
    made = on_disk(config)
    (folder,) = (file.parent / ".encoded").iterdir()
    cut = (folder / part).read_bytes()[:-3]
    (folder / part).unlink()  # it is still mapped
    (folder / part).write_bytes(cut)
    assert_same(on_disk(config), made)


@pytest.mark.parametrize("dtype", ["O", "|O", "|V8", "<f8", "<i8", 8])
def test_the_bytes_of_a_folder_are_only_read_as_the_numbers_that_we_write(
    file: Path, dtype: object
) -> None:
    """As objects, they would be addresses, which the first use of a token would follow."""
    config = config_of(file)
    made = on_disk(config)
    (about,) = file.parent.glob(".encoded/*/about.json")
    size = (about.parent / "places.bin").stat().st_size // 8
    (about.parent / "places.bin").unlink()  # it is still mapped
    (about.parent / "places.bin").write_bytes(bytes(8 * size))
    values = json.loads(about.read_text(encoding="utf-8"))
    about.write_text(json.dumps({**values, "dtype": dtype, "num_tokens": size}), encoding="utf-8")
    assert_same(on_disk(config), made)


def test_more_than_256_characters_take_two_bytes_and_more_than_65536_four(tmp_path: Path) -> None:
    sizes = []
    for num in (200, 3_000, 70_000):
        file = tmp_path / str(num) / "many.txt"
        file.parent.mkdir()
        letters = "".join(chr(0x20000 + i if num > 60_000 else 0x4E00 + i) for i in range(num))
        file.write_text(" ".join(["a" * 500, letters, letters[::-1]]), encoding="utf-8")
        config = config_of(file)
        made = on_disk(config, replace(SIZES, block_chars=100, widened_at_once=64))
        assert_same(made, prepare(config))
        (places,) = file.parent.glob(".encoded/*/places.bin")
        sizes.append(places.stat().st_size / (2 * num + 502))
    assert sizes == [1, 2, 4]


def test_the_data_folder_is_used_if_the_folder_of_the_corpus_is_read_only(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Permission bits do not stop root from writing.
    monkeypatch.setattr("os.access", lambda *_: False)
    on_disk(config_of(file))
    assert len(list((tmp_path / "data" / ".encoded").iterdir())) == 1
    assert list((file.parent / ".encoded").iterdir()) == []


def test_the_folder_of_another_process_is_used(file: Path) -> None:
    config = config_of(file)
    other: list[Dataset] = []

    def put_other(_done: int, _total: int) -> None:
        if not other and list((file.parent / ".encoded").glob(".*")):
            other.append(on_disk(config))
            of_other.update(stored(file))

    of_other: dict[str, int] = {}
    result = on_disk(config, progress=put_other)
    assert_same(result, other[0])
    assert stored(file) == of_other
    assert len(list((file.parent / ".encoded").iterdir())) == 1


def test_a_text_without_spaces_is_divided_elsewhere(file: Path) -> None:
    text = "ae\u0301ACGT\u0301" * 400
    file.write_text(text, encoding="utf-8")
    sizes = replace(SIZES, most_chars=60)
    blocks = list(LongText(file, None, silent, sizes).blocks("chars"))
    assert max(map(len, blocks)) < 200
    assert "".join(blocks) == unicodedata.normalize("NFC", text)
    config = config_of(file)
    assert_same(on_disk(config, sizes), prepare(config))
    with pytest.raises(BadInputError, match="without a space"):
        on_disk(config_of(file, tokens="words"), sizes)


def test_an_error_leaves_no_draft_and_an_old_draft_is_deleted(file: Path) -> None:
    folder = file.parent / ".encoded"
    old = folder / ".new-old"
    old.mkdir(parents=True)
    os.utime(old, (time.time() - 9_999, time.time() - 9_999))
    file.write_bytes(b"some text " * 90 + b"\0")
    with pytest.raises(BadInputError, match="binary"):
        on_disk(config_of(file))
    assert list(folder.iterdir()) == []


def test_progress_is_reported_from_zero_to_the_end(file: Path) -> None:
    told: list[tuple[int, int]] = []
    config = config_of(file)
    text = open_text(file, None, lambda *step: told.append(step), SIZES)
    stream.check(text, config)
    size = file.stat().st_size
    assert {total for _, total in told} == {size}
    assert told[-1][0] == size
    parts = [b - a for (a, _), (b, _) in pairwise(told)]
    assert sum(part < 0 for part in parts) <= 1, "hashed, then encoded"


def test_memory_does_not_grow_with_the_text(tmp_path: Path) -> None:
    sizes = replace(SIZES, block_chars=1 << 15, block_bytes=1 << 15, counted_at_once=1 << 15)
    peaks = []
    for size in (5_000, 50_000):
        file = tmp_path / f"{size}.txt"
        file.write_text("A line of some letters, like any other.\n" * size)
        tracemalloc.start()
        dataset = on_disk(config_of(file), sizes)
        next(dataset.splits["train"].train_batches(0))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]


@pytest.mark.parametrize("errors", ["replace", "skip"])
def test_invalid_bytes_are_the_same_in_blocks_and_from_the_disk(file: Path, errors: str) -> None:
    file.write_bytes(TEXT.encode().replace(b"roi", b"r\xfe\xff"))
    config = config_of(file, errors=errors)
    in_memory = prepare(config)
    for _ in range(2):  # the second time, the encoded text is on the disk
        repairs = Repairs(config.errors)
        text = open_text(file, None, silent, SIZES, repairs)
        assert isinstance(text, LongText)
        dataset = stream.build(text, None, config)
        assert dataset.fingerprint == in_memory.fingerprint
        assert dataset.vocabulary == in_memory.vocabulary
        assert (repairs.num, repairs.first_line) == (80, 1)
    assert in_memory.notes[-1] == repairs.notes()[0]
    assert len(stored(file)) == 1
