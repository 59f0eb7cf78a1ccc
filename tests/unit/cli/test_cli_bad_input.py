"""Bad input: exit code 2, one clear line, nothing on standard output, nothing left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.toys.lab import Call, Lab


class Refuse(Protocol):
    """Check that a command line fails with one line that contains all `words`."""

    def __call__(self, arguments: list[str], *words: str) -> None: ...


FILES = {
    "empty.txt": b"",
    "blank.txt": b" \n\n\t ",
    "latin.txt": "Un caf\xe9.".encode("latin-1") * 500,
    "binary.txt": b"\x7fELF\0\1\2\3" * 500,
    "short.txt": b"Une phrase.",
    "same.txt": b"a" * 5000,
    "endless.txt": b"a text without any end " * 300,
    "reviews.csv": b"label,text\n" + b"good,a fine film\nbad,a dull film\n" * 20,
    "one.csv": b"label,text\n" + b"good,a fine film\n" * 20,
    "unlabelled.csv": b"rating,text\n7,a film\n",
    "short.jsonl": b'{"label": "good"}\n',
    "split.tsv": b"split\tlabel\ttext\nother\tgood\ta film\n",
    "ragged.vec": b"a 1 2 3\nfilm 1 2\n",
    "words.vec": b"a 1 2 x\n",
    "foreign.vec": b"zebra 1 2 3\n",
    "typo.toml": b"hiden = 3\n",
    "range.toml": b"hidden = 0\n",
    "broken.toml": b"hidden = \n",
    "deep.toml": b"hidden = " + b"[" * 100_000,
    "short-prompts.jsonl": b'"a"\n\n7\n',
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of invalid files."""
    folder = tmp_path_factory.mktemp("bad")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def refuse(lab: Lab, call: Call) -> Refuse:
    """Return the check of a command line that fails."""

    def refuse(arguments: list[str], *words: str) -> None:
        ended = call(lab, *arguments, code=2)
        assert ended.stdout == ""
        assert ended.stderr.count("\n") == 1, ended.stderr
        assert ended.stderr.startswith("rnnlab: ")
        for word in words:
            assert word in ended.stderr
        assert not lab.checkpoints.exists()

    return refuse


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("nowhere.txt", ["there is no corpus or file", "nowhere.txt"]),
        (".", ["is a folder"]),
        ("empty.txt", ["empty.txt is empty"]),
        ("blank.txt", ["blank.txt is empty"]),
        ("latin.txt", ["latin.txt is not UTF-8", "0xe9"]),
        ("binary.txt", ["binary.txt is a binary file"]),
        ("short.txt", ["give a longer text"]),
        ("same.txt", ["one distinct character"]),
        ("one.csv", ["one.csv", "'good'", "at least two classes"]),
        ("unlabelled.csv", ["unlabelled.csv", "label"]),
        ("short.jsonl", ["short.jsonl", "line 1", "text"]),
        ("split.tsv", ["split.tsv", "line 2", "'other'"]),
    ],
)
def test_an_invalid_text_is_an_error(
    refuse: Refuse, folder: Path, file: str, words: list[str]
) -> None:
    refuse(["train", str(folder / file)], *words)


def test_an_unknown_verb_without_a_near_one_names_what_lists_them(refuse: Refuse) -> None:
    refuse(["foo"], "No such command 'foo'", "`rnnlab --help` lists the commands")


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        ("nowhere.vec", ["no file of word vectors", "nowhere.vec"]),
        ("ragged.vec", ["ragged.vec", "line 2"]),
        ("words.vec", ["words.vec", "line 1"]),
    ],
)
def test_invalid_vectors_are_an_error(
    refuse: Refuse, folder: Path, vectors: str, words: list[str]
) -> None:
    arguments = ["train", str(folder / "reviews.csv"), "--embeddings", str(folder / vectors)]
    refuse(arguments, *words)


def test_our_kernels_in_bfloat16_need_instructions(
    lab: Lab, refuse: Refuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNLAB_BFLOAT16", "0")
    arguments = ["train", str(lab.text), "--engine", "native", "--dtype", "bfloat16"]
    refuse(arguments, "cannot compute in bfloat16", "use --engine auto or --dtype float32")


def test_sentences_need_an_end(refuse: Refuse, folder: Path) -> None:
    refuse(["train", str(folder / "endless.txt"), "--task", "sentences"], "'.', '?' or '!'")


def test_a_model_of_texts_reads_no_documents_and_the_other_way_round(
    lab: Lab, refuse: Refuse
) -> None:
    refuse(["train", str(lab.text), "--task", "classify"], "csv")
    refuse(["train", str(lab.text), "--bidirectional"], "bidirectional is for task = classify")


def test_a_letter_that_the_first_weights_never_saw_is_named(refuse: Refuse, folder: Path) -> None:
    text = folder / "foreign.txt"
    text.write_text("Ein größerer Satz ist das hier. " * 100, encoding="utf-8")
    refuse(["train", str(text), "--init-from", "starter"], "never saw", "'ö'")
    refuse(["train", str(text), "--init-from", "starter", "--hidden", "9"], "hidden = 128, not 9")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--cell", "lsmt"], ["unknown cell 'lsmt'", "'lstm'"]),
        (["--task", "steam"], ["unknown task 'steam'", "'stream'"]),
        (["--hidden", "-3"], ["hidden = -3", "greater than or equal to 1"]),
        (["--hidden", "many"], ["--hidden", "should be a whole number"]),
        (["--layers", "0"], ["layers = 0"]),
        (["--lr", "nan"], ["lr = nan"]),
        (["--dropout", "1"], ["dropout = 1.0"]),
        (["--length", "100000"], ["100,001", "lower --batch or --length"]),
        (["--steps", "0"], ["steps = 0"]),
        (["--val-fraction", "0.00001"], ["val_fraction = 1e-05", "raise --val-fraction"]),
        (
            ["--task", "sentences", "--val-fraction", "0.00001"],
            ["val_fraction = 1e-05", "less than 1 sentence", "raise --val-fraction"],
        ),
        (["--device", "gpu"], ["device = 'gpu'"]),
        (["--name", ".."], ["'..' cannot be a run's name"]),
        (["--name", "../a"], ["cannot be a run's name"]),
        (["--hiden", "3"], ["--hiden"]),
        (["--config", "nowhere.toml"], ["nowhere.toml", "No such file"]),
        (["--config", "{folder}/typo.toml"], ["typo.toml", "'hiden'", "did you mean 'hidden'?"]),
        (["--config", "{folder}/range.toml"], ["range.toml", "hidden = 0"]),
        (["--config", "{folder}/broken.toml"], ["broken.toml is not a TOML file"]),
        (["--config", "{folder}/deep.toml"], ["deep.toml is not a TOML file", "nested too deeply"]),
    ],
)
def test_an_invalid_setting_is_an_error(
    lab: Lab, refuse: Refuse, folder: Path, options: list[str], words: list[str]
) -> None:
    given = [option.format(folder=folder) for option in options]
    refuse(["train", str(lab.text), *given, "--json"], *words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dance"], ["'dance'"]),
        (["train"], ["argument"]),
        (["train", "--recipe", "nothing"], ["unknown recipe 'nothing'"]),
        (["reproduce", "lstm-molière"], ["unknown recipe", "'lstm-moliere'"]),
        (["reproduce", "lstm-moliere"], ["corpora fetch moliere"]),
        (["classify", "starter"], ["add --text TEXT or --file FILE"]),
        (["classify", "starter", "--text", "a"], ["is a language model"]),
        (["generate", "nobody"], ["exactly one of --prompt and --prompts"]),
        (
            ["generate", "nobody", "--prompt", "a", "--prompts", "b.txt"],
            ["exactly one of --prompt and --prompts"],
        ),
        (
            ["generate", "nobody", "--prompts", "nowhere.txt"],
            ["cannot read nowhere.txt", "No such"],
        ),
        (["generate", "nobody", "--prompts", "{folder}"], ["cannot read", "a folder, not a file"]),
        (["generate", "nobody", "--prompts", "{folder}/empty.txt"], ["empty.txt has no prompts"]),
        (["generate", "nobody", "--prompts", "{folder}/blank.txt"], ["blank.txt has no prompts"]),
        (["generate", "nobody", "--prompts", "{folder}/latin.txt"], ["latin.txt is not UTF-8"]),
        (
            ["generate", "nobody", "--prompts", "{folder}/short-prompts.jsonl"],
            ["short-prompts.jsonl, line 3: not a prompt"],
        ),
        (["generate", "nobody", "--prompt", "a", "--unknown", "guess"], ["--unknown", "'guess'"]),
        (["generate", "nobody", "--prompt", "a"], ["unknown run 'nobody'"]),
        (["generate", "x", "--prompt", "a", "-d", "beem:k=5"], ["'beem'", "'beam'"]),
        (["generate", "x", "--prompt", "a", "-d", "beam:q=5"], ["no option 'q'"]),
        (["generate", "x", "--prompt", "a", "-d", "beam:k=many"], ["beam:k=many"]),
        (["generate", "x", "--prompt", "a", "-d", ""], ["spec '' is empty"]),
        (["generate", "x", "--prompt", "a", "--length", "0"], ["--length"]),
        (["generate", "x", "--prompt", "a", "--seed", "9" * 30], ["--seed"]),
        (["generate", "x", "--prompt", "a", "--num", "1000000000"], ["--num", "10000"]),
        (["score", "..", "--text", "a"], ["unknown run '..'"]),
        (["resume", "nobody"], ["unknown run 'nobody'"]),
        (["rm", "../x"], ["unknown run '../x'"]),
    ],
)
def test_an_invalid_command_line_is_an_error(
    refuse: Refuse, folder: Path, arguments: list[str], words: list[str]
) -> None:
    refuse([argument.replace("{folder}", str(folder)) for argument in arguments], *words)


def test_no_argument_reaches_the_terminal_as_an_escape(refuse: Refuse) -> None:
    refuse(["train", "\x1b[31mred\x07\n.txt"], "[31mred")
    refuse(["stop", "\x1b]0;title\x07"], "title")
