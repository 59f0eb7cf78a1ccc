from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from rnnlab import submit
from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.locations import shipped_folder
from rnnlab.recipes import Recipe, load
from rnnlab.runs.records import State, Status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig
from rnnlab.submit import checked_config


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "mer.txt"
    file.write_text("La mer monte. Le vent tombe. Il fait nuit.\n" * 50, encoding="utf-8")
    return file


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    file = tmp_path / "reviews.csv.gz"
    rows = [f"{i % 2},{'bad' if i % 2 else 'fine'} number {i}" for i in range(40)]
    file.write_bytes(gzip.compress("\n".join(["label,text", *rows]).encode(), mtime=0))
    return file


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    file = tmp_path / "vectors.txt"
    file.write_text("la 1 2 3\nmer 3 4 5\n")
    return file


class Launcher:
    """Records the runs for which a worker would have been started."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.queued: list[str] = []
        """Names of the runs whose worker would wait for a free slot."""

    def __call__(self, run: Run, /, *, is_queued: bool = False) -> None:
        self.runs.append(run)
        if is_queued:
            self.queued.append(run.name)


@pytest.fixture
def launcher() -> Launcher:
    return Launcher()


class TestResolve:
    def test_the_corpus_becomes_an_absolute_path(
        self, text: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(text.parent)
        config = checked_config({"corpus": "mer.txt", "hidden": 7})
        assert (config.corpus, config.hidden) == (str(text.resolve()), 7)

    def test_a_name_is_looked_up_in_the_data_folder(
        self, text: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(text.parent.parent)
        data = Path(text.parent.name)
        assert checked_config({"corpus": "mer"}, data).corpus == str(text.resolve())

    def test_a_text_of_the_user_is_a_stream_by_default(self, text: Path) -> None:
        assert checked_config({"corpus": str(text)}).task == "stream"
        assert checked_config({"corpus": str(text), "task": "sentences"}).task == "sentences"

    def test_a_shipped_corpus_suggests_its_task(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert checked_config({"corpus": "stump"}).task == "sentences"

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "is empty"),
            (b" \n\t\n", "is empty"),
            (b"caf\xe9", "is not UTF-8"),
            (b"ELF\0\1\2", "is a binary file"),
            (b"too short", "give a longer text"),
            (b"aaaaaaaaaaaaaaaaaaaaaaaaaa" * 50, "one distinct character"),
        ],
    )
    def test_a_text_that_cannot_be_learned_is_refused_before_a_run_is_created(
        self, tmp_path: Path, content: bytes, message: str
    ) -> None:
        file = tmp_path / "bad.txt"
        file.write_bytes(content)
        with pytest.raises(BadInputError, match=message):
            checked_config({"corpus": str(file)})

    @pytest.mark.parametrize("corpus", ["", "nowhere.txt", "/nowhere/x.txt", ".", "a\0b"])
    def test_a_corpus_that_is_not_there_is_refused(self, corpus: str) -> None:
        with pytest.raises(BadInputError):
            checked_config({"corpus": corpus})

    def test_documents_are_classified_and_named_by_their_path(self, reviews: Path) -> None:
        config = checked_config({"corpus": "reviews"}, reviews.parent)
        assert (config.task, config.tokens) == ("classify", "words")
        assert config.corpus == str(reviews.resolve())
        assert submit.default_name(config) == "reviews-lstm-128"
        assert checked_config({"corpus": str(reviews)}).corpus == config.corpus

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("text,stars\nfine,1\n", "no column 'label'"),
            ("text,label\nfine,1\ngood,1\n", "all documents"),
            ("text,label\nfine,1\nbad,0\n", "too few for a val split"),
        ],
    )
    def test_bad_documents_are_refused_before_a_run_is_created(
        self, tmp_path: Path, content: str, message: str
    ) -> None:
        file = tmp_path / "bad.csv"
        file.write_text(content)
        with pytest.raises(BadInputError, match=message):
            checked_config({"corpus": str(file)})

    def test_a_shipped_corpus_keeps_its_name_wherever_it_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RNNLAB_DATA", str(tmp_path))
        shipped = shipped_folder() / "data" / "stump.txt"
        for corpus in ("stump", str(shipped)):
            assert checked_config({"corpus": corpus, "limit_chars": 20_000}).corpus == "stump"

    def test_a_generated_corpus_suggests_settings(self) -> None:
        config = checked_config({"corpus": "copy:delay=150,sentences=200"})
        assert (config.corpus, config.task) == ("copy:delay=150,sentences=200", "sentences")
        assert config.length == 161
        assert checked_config({"corpus": "copy:delay=150,sentences=200", "length": 99}).length == 99
        stump = checked_config({"corpus": "stump:letters=20000"})
        assert (stump.schedule, stump.lr) == ("cosine", 0.006)
        with_rate = checked_config({"corpus": "stump:letters=20000", "lr": 0.01})
        assert (with_rate.schedule, with_rate.lr) == ("constant", 0.01)

    def test_a_shipped_file_hidden_by_a_corpus_of_the_user_keeps_its_path(
        self, tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RNNLAB_DATA", str(tmp_path))
        (tmp_path / "stump.txt").write_bytes(text.read_bytes())
        shipped = shipped_folder() / "data" / "stump.txt"
        config = checked_config({"corpus": str(shipped), "limit_chars": 20_000})
        assert config.corpus == str(shipped.resolve())
        assert checked_config({"corpus": "stump"}).corpus == str((tmp_path / "stump.txt").resolve())

    def test_vectors_become_an_absolute_path_and_set_the_embedding(
        self, text: Path, vectors: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(vectors.parent)
        values = {"corpus": str(text), "tokens": "words", "embeddings": "vectors.txt", "length": 9}
        config = checked_config(values)
        assert (config.embeddings, config.embedding) == (str(vectors.resolve()), 3)
        assert checked_config({**values, "embedding": 3}).embedding == 3
        with pytest.raises(BadInputError, match="have 3 elements, but embedding is 64"):
            checked_config({**values, "embedding": 64})

    @pytest.mark.parametrize(
        "name", ["nowhere.txt", ".", "a\0b", "~nobody-of-this-name/x", "x" * 999]
    )
    def test_vectors_that_are_not_there_are_refused(self, text: Path, name: str) -> None:
        with pytest.raises(BadInputError, match="no file of word vectors"):
            checked_config({"corpus": str(text), "tokens": "words", "embeddings": name})

    def test_vectors_for_letters_are_refused(self, text: Path, vectors: Path) -> None:
        with pytest.raises(BadInputError, match="embeddings are word vectors"):
            checked_config({"corpus": str(text), "embeddings": str(vectors)})


class TestStartRun:
    def test_a_run_has_its_settings_and_a_worker(
        self, text: Path, tmp_path: Path, launcher: Launcher
    ) -> None:
        config = checked_config({"corpus": str(text), "steps": 3})
        run = submit.start_run(config, RunStore(tmp_path / "runs"), "a", launch_worker=launcher)
        assert RunConfig.from_toml(run.paths.config) == config
        assert launcher.runs == [run]

    def test_a_run_without_a_name_gets_one_that_is_free(
        self, text: Path, tmp_path: Path, launcher: Launcher
    ) -> None:
        config, store = checked_config({"corpus": str(text)}), RunStore(tmp_path / "runs")
        names = [submit.start_run(config, store, launch_worker=launcher).name for _ in range(3)]
        assert names == ["mer-lstm-128", "mer-lstm-128-2", "mer-lstm-128-3"]

    def test_a_taken_name_is_refused_and_the_run_there_kept(
        self, text: Path, tmp_path: Path, launcher: Launcher
    ) -> None:
        config, store = checked_config({"corpus": str(text)}), RunStore(tmp_path / "runs")
        submit.start_run(config, store, "a", launch_worker=launcher)
        with pytest.raises(BadInputError, match="a run named 'a' already exists"):
            submit.start_run(config, store, "a", launch_worker=launcher)
        assert [run.name for run in store] == ["a"]
        assert len(launcher.runs) == 1

    @pytest.mark.parametrize("name", ["..", "../a", "a/b", "", ".a", "é", "a b", "a\n", "x" * 65])
    def test_a_name_that_leaves_the_folder_is_refused(
        self, text: Path, tmp_path: Path, launcher: Launcher, name: str
    ) -> None:
        config = checked_config({"corpus": str(text)})
        with pytest.raises(BadInputError, match="cannot be a run's name"):
            submit.start_run(config, RunStore(tmp_path / "runs"), name, launch_worker=launcher)
        assert not (tmp_path / "runs").exists()
        assert not launcher.runs

    def test_nothing_is_left_when_no_worker_can_be_started(
        self, text: Path, tmp_path: Path
    ) -> None:
        def fail(run: Run, /, *, is_queued: bool = False) -> None:
            raise RnnlabError("cannot start a worker")

        config = checked_config({"corpus": str(text)})
        with pytest.raises(RnnlabError, match="cannot start a worker"):
            submit.start_run(config, RunStore(tmp_path / "runs"), "a", launch_worker=fail)
        assert list((tmp_path / "runs").iterdir()) == []


def test_a_run_is_continued_by_its_settings_not_by_its_name(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    config, other = RunConfig(corpus="x", seed=1), RunConfig(corpus="x", seed=2)
    assert submit.find_run(store, "a", config) == ("a", None)
    store.create("a", other.to_toml())
    assert submit.find_run(store, "a", config) == ("a-2", None)
    store.create("a-2", config.to_toml())
    name, run = submit.find_run(store, "a", config)
    assert run is not None
    assert name == run.name == "a-2"
    (tmp_path / "a" / "config.toml").write_text("nonsense")
    assert submit.find_run(store, "a", other) == ("a-3", None)


class TestQueueRecipe:
    @pytest.fixture
    def recipe(self, text: Path) -> Recipe:
        file = text.parent / "lab.toml"
        file.write_text(
            f'about = "A small one"\ncorpus = "{text}"\n[settings]\nsteps = 20\n'
            '[grid]\ncell = ["rnn", "gru"]\nlayers = [1, 2]\n'
            '[[measures]]\nname = "train"\nwhat = "train_running"\n'
        )
        return load(str(file))

    def test_every_run_waits_in_the_order_of_the_recipe(
        self, tmp_path: Path, recipe: Recipe, launcher: Launcher
    ) -> None:
        store = RunStore(tmp_path / "runs")
        names = ["lab-rnn", "lab-rnn-x2", "lab-gru", "lab-gru-x2"]
        assert (
            submit.queue_recipe(recipe, store, launch_worker=launcher) == launcher.queued == names
        )
        config = RunConfig.from_toml(store.open("lab-gru-x2").paths.config)
        assert (config.cell, config.layers, config.steps) == ("gru", 2, 20)

    def test_finished_and_active_runs_are_skipped_and_the_rest_is_resumed(
        self, tmp_path: Path, recipe: Recipe, launcher: Launcher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = RunStore(tmp_path / "runs")
        submit.queue_recipe(recipe, store, launch_worker=launcher)
        launcher.queued.clear()
        states: dict[str, State] = {
            "lab-rnn": "finished", "lab-rnn-x2": "stopped", "lab-gru": "queued",
            "lab-gru-x2": "lost",
        }  # fmt: skip
        monkeypatch.setattr(Run, "status", lambda run: Status(state=states[run.name]))
        assert (
            submit.queue_recipe(recipe, store, launch_worker=launcher)
            == launcher.queued
            == ["lab-rnn-x2", "lab-gru-x2"]
        )
        assert len(list(store)) == 4

    def test_a_recipe_without_its_text_starts_nothing(
        self, tmp_path: Path, recipe: Recipe, text: Path, launcher: Launcher
    ) -> None:
        text.unlink()
        with pytest.raises(BadInputError, match=r"mer\.txt"):
            submit.queue_recipe(recipe, RunStore(tmp_path / "runs"), launch_worker=launcher)
        assert not launcher.runs
        assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("corpus", "settings", "name"),
    [
        ("/data/mer.txt", {}, "mer-lstm-128"),
        ("mer.txt", {"layers": 2, "cell": "gru", "hidden": 9}, "mer-gru-9x2"),
        ("/data/été à.txt", {}, "t-lstm-128"),
        ("/data/日本.txt", {}, "run-lstm-128"),
        ("/data/../..", {}, "run-lstm-128"),
        ("x" * 99, {}, f"{'x' * 24}-lstm-128"),
    ],
)
def test_the_default_name_has_corpus_cell_and_size(
    corpus: str, settings: dict[str, object], name: str
) -> None:
    assert submit.default_name(RunConfig.from_values({"corpus": corpus, **settings})) == name
