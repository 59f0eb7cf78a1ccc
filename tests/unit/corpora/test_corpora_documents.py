"""Reading labelled documents from tables and JSON lines; errors have the line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.base.errors import BadInputError
from rnnlab.corpora import Documents, read_documents, read_texts
from rnnlab.corpora._documents import sort_classes
from tests.toys.refused import refused

quick = settings(max_examples=30)
Write = Callable[[str, str | bytes], Path]

TABLE = "label,text\n1,good\n0,bad\n"
DOCUMENTS = Documents(("good", "bad"), ("1", "0"), (), ("0", "1"))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return write(name, content), which writes a file, gzipped if its name ends in .gz."""

    def write(name: str, content: str | bytes) -> Path:
        file = tmp_path / name
        content = content.encode() if isinstance(content, str) else content
        file.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
        return file

    return write


def refused_file(file: Path) -> str:
    message = refused(lambda: read_documents(file))
    assert str(file) in message
    return message.replace(str(file), "FILE")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", TABLE),
        ("a.csv.gz", TABLE),
        ("a.CSV", "\ufeff" + TABLE.replace("\n", "\r\n")),
        ("a.csv", "text,stars,label\ngood,5,1\nbad,1,0"),
        ("a.csv", 'label , text\n\n 1 ,"good"\n\n"0",bad\n\n'),
        ("a.tsv", TABLE.replace(",", "\t")),
        ("a.tsv.gz", TABLE.replace(",", "\t")),
        ("a.jsonl", '{"label": 1, "text": "good"}\n\n{"text": "bad", "label": "0", "x": []}'),
        ("a.jsonl.gz", '{"label": "1", "text": "good", "split": null}\n{"label":0,"text":"bad"}\n'),
    ],
)
def test_documents_are_read(write: Write, name: str, content: str) -> None:
    assert read_documents(write(name, content)) == DOCUMENTS


fields = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl"])
@quick
@given(texts=st.lists(fields, min_size=2, max_size=6))
def test_any_text_is_read_unchanged(
    texts: list[str], ending: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("documents") / f"a.{ending}"
    rows = [(str(i), text) for i, text in enumerate(texts)]
    if ending == "jsonl":
        content = "\n".join(json.dumps({"label": label, "text": text}) for label, text in rows)
    else:
        table = io.StringIO(newline="")
        writer = csv.writer(table, delimiter="," if ending == "csv" else "\t")
        writer.writerows([("label", "text"), *rows])
        content = table.getvalue()
    file.write_bytes(content.encode())
    with_plain_ends = (text.replace("\r\n", "\n").replace("\r", "\n") for text in texts)
    expected = tuple(unicodedata.normalize("NFC", text) for text in with_plain_ends)
    assert read_documents(file).texts == expected


def test_line_ends_quotes_and_separators_within_a_text_are_kept(write: Write) -> None:
    text = 'say ""hi"",\r\nthen go\n\nsoon'
    result = read_documents(write("a.csv", f'label,text\na,"{text}"\nb,x "y" z\n'))
    assert result.texts == ('say "hi",\nthen go\n\nsoon', 'x "y" z')


def test_a_text_may_be_longer_than_the_csv_modules_limit(write: Write) -> None:
    before = csv.field_size_limit()
    long = "word " * 100_000
    assert read_documents(write("a.csv", f"label,text\n0,{long}\n1,b\n")).texts[0] == long
    assert csv.field_size_limit() == before
    refused_file(write("a.csv", "label,text\n0\n"))
    assert csv.field_size_limit() == before


def test_a_text_may_be_empty(write: Write) -> None:
    assert read_documents(write("a.csv", "label,text\n0,\n1,b\n")).texts == ("", "b")


def test_splits_are_those_of_the_file(write: Write) -> None:
    table = "split,label,text\ntrain,0,a\ntrain,1,b\n test ,0,c\nval,1,d\n"
    assert read_documents(write("a.csv", table)).splits == ("train", "train", "test", "val")
    lines = '{"label":0,"text":"a","split":"train"}\n{"label":1,"text":"b","split":"test"}'
    assert read_documents(write("a.jsonl", lines)).splits == ("train", "test")


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "9", "-1", "9"], ("-1", "9", "10")),
        (["10", "9", "x"], ("10", "9", "x")),
        (["b", "a", "B"], ("B", "a", "b")),
        (["1.5", "1"], ("1", "1.5")),
        (["1", "01", "+1"], ("+1", "01", "1")),
        (["9" * 5000, "8" * 5000], ("8" * 5000, "9" * 5000)),
        (["²", "1"], ("1", "²")),
    ],
)
def test_classes_are_sorted_numerically_if_all_are_integers(
    labels: list[str], classes: tuple[str, ...]
) -> None:
    assert sort_classes(labels) == classes


def test_documents_are_selected(write: Write) -> None:
    result = read_documents(write("a.csv", "split,label,text\ntrain,0,a\ntest,1,b\ntrain,1,c\n"))
    assert result.select([2, 0]) == Documents(("c", "a"), ("1", "0"), ("train",) * 2, ("0", "1"))
    assert (len(result), len(result.select([]))) == (3, 0)
    assert DOCUMENTS.select([1]) == Documents(("bad",), ("0",), (), ("0", "1"))


def test_unpaired_surrogates_of_json_are_replaced(write: Write) -> None:
    result = read_documents(
        write("a.jsonl", '{"label":0,"text":"a\\ud800b"}\n{"label":1,"text":""}')
    )
    assert result.texts[0] == "a?b"


HEAD = "label,text\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "", "FILE is empty"),
        ("a.csv", "\n\n", "FILE is empty"),
        ("a.csv.gz", "", "FILE is empty"),
        ("a.csv", HEAD, "FILE has no documents"),
        ("a.jsonl", "\n \n", "FILE has no documents"),
        ("a.csv", "label|text\n1|x\n", "FILE, line 1: no column 'label' among 'label|text'"),
        ("a.csv", "label,review\n1,x\n", "line 1: no column 'text' among 'label', 'review'"),
        (
            "a.csv",
            "Label,text\n1,x\n",
            "rename a column, or use `rnnlab corpora add NAME FILE --label COLUMN`",
        ),
        ("a.tsv", TABLE.replace(",", "|"), "no column 'label'"),
        ("a.csv", HEAD + "0,a\n0,b\n", "all documents of FILE have the label '0'"),
        ("a.csv", HEAD + "0,a\n,b\n", "FILE, line 3: the label is empty"),
        ("a.csv", HEAD + '0,"a\nb\nc"\n  ,b\n', "FILE, line 5: the label is empty"),
        ("a.csv", HEAD + "0,a\n1\n", "FILE, line 3: 1 fields, but the first line names 2"),
        ("a.csv", HEAD + "0,a\n1,b, c\n", "FILE, line 3: 3 fields, but the first line names 2"),
        ("a.csv", HEAD + '0,a\n1,"b\nc\nd\n', "FILE, line 3: unexpected end of data"),
        ("a.csv", HEAD + '0,a\n1,"b" c\n', "FILE, line 3: ',' expected after '\"'"),
        ("a.csv", b"label,text\n0,a\n1,\xe9t\xe9\n", "not UTF-8 (byte 0xe9) in line 3"),
        ("a.csv.gz", b"label,text\n0,a\n1,\xe9t\xe9\n", "not UTF-8 (byte 0xe9) in line 3"),
        ("a.jsonl", b'{"label":0,"text":"a"}\n\xff', "not UTF-8 (byte 0xff) in line 2"),
        ("a.csv", "split,label,text\ntrain,0,a\ndev,1,b\n", "FILE, line 3: unknown split 'dev'"),
        ("a.csv", "split,label,text\n,0,a\n", "FILE, line 2: unknown split ''"),
        (
            "a.csv",
            "split,label,text\ntest,0,a\nval,1,b\n",
            "FILE has no documents in the train split",
        ),
        ("a.jsonl", '{"label":0,"text":"a"}\n{"label":0,\n', "FILE, line 2 is not valid JSON"),
        ("a.jsonl", '{"label":0,"text":"a"}\n[]', "FILE, line 2 is not a JSON object"),
        ("a.jsonl", "[" * 100_000, "FILE, line 1 is not valid JSON: nested too deeply"),
        ("a.jsonl", '{"label":' + "9" * 5000 + "}", "FILE, line 1 is not valid JSON"),
        ("a.jsonl", '{"label":0}', "FILE, line 1: no key 'text'"),
        ("a.jsonl", '\n{"text":"a"}', "FILE, line 2: no key 'label'"),
        ("a.jsonl", '{"label":0,"text":null}', "FILE, line 1: the text is not a string"),
        ("a.jsonl", '{"label":0.5,"text":"a"}', "neither a string nor an integer"),
        ("a.jsonl", '{"label":true,"text":"a"}', "neither a string nor an integer"),
        ("a.jsonl", '{"label":"","text":"a"}', "FILE, line 1: the label is empty"),
        ("a.jsonl", '{"label":0,"text":"a","split":1}', "FILE, line 1: unknown split '1'"),
        (
            "a.jsonl",
            '{"label":0,"text":"a","split":"train"}\n{"label":1,"text":"b"}',
            "FILE names a split for 1 of its 2 documents",
        ),
        ("a.txt", TABLE, "FILE is not a file of labelled documents"),
        ("a.txt.gz", TABLE, "FILE is not a file of labelled documents"),
    ],
)
def test_an_invalid_file_is_refused_with_its_line(
    write: Write, name: str, content: str | bytes, said: str
) -> None:
    assert said in refused_file(write(name, content))


@pytest.mark.parametrize(
    "content", [b"label,text", gzip.compress(TABLE.encode() * 99, mtime=0)[:-9], b"\x1f\x8b"]
)
def test_a_broken_gzip_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.csv.gz"
    file.write_bytes(content)
    assert "FILE is not a complete gzip file" in refused_file(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refused_file(tmp_path / "none.csv")
    assert "No such file" in refused_file(tmp_path / "none.csv.gz")


class TestTextsAlone:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.csv", 'id,text\n1,"A b,\nc"\n2,\n'),
            ("a.tsv", "text\tid\nA b,\\nc\t1\n\t2\n".replace("\\n", " ")),
            ("a.jsonl", '{"text": "A b,\\nc"}\n{"text": ""}\n'),
        ],
    )
    def test_only_the_column_of_texts_has_to_exist(
        self, tmp_path: Path, name: str, content: str
    ) -> None:
        file = tmp_path / name
        file.write_text(content, encoding="utf-8")
        expected = "A b, c" if name == "a.tsv" else "A b,\nc"
        assert read_texts(file) == [expected, ""]

    @pytest.mark.parametrize(
        ("name", "content", "says"),
        [
            ("a.csv", "label,body\ngood,A\n", "no column 'text'"),
            ("a.jsonl", '{"body": "A"}\n', "no key 'text'"),
            ("a.csv", "text,id\nA,1,2\n", "line 2: 3 fields"),
        ],
    )
    def test_an_error_names_the_place_and_no_label(
        self, tmp_path: Path, name: str, content: str, says: str
    ) -> None:
        file = tmp_path / name
        file.write_text(content, encoding="utf-8")
        with pytest.raises(BadInputError, match=re.escape(says)) as caught:
            read_texts(file)
        assert "--label" not in str(caught.value)
