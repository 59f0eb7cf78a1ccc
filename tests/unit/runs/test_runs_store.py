from __future__ import annotations

import os
import socket
import threading
import time
import tomllib
from typing import TYPE_CHECKING

import pytest

from rnnlab.base.errors import BadInputError, RnnlabError, UnknownNameError
from rnnlab.base.files import replace_text
from rnnlab.runs.liveness import Liveness
from rnnlab.runs.lock import take_lock
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import State, Status, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import RunConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFIG = 'corpus = "x"\nhidden = 3\n'


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


def say(run: Run, state: State, **values: object) -> None:
    """Write a run's status as its worker would."""
    status = Status(**{"state": state, "host": socket.gethostname(), **values})  # type: ignore[arg-type]
    replace_text(run.paths.status, encode_status(status))


class TestCreate:
    def test_a_new_run_has_its_settings_and_a_status(self, store: RunStore) -> None:
        before = time.time()
        run = store.create("a", CONFIG)
        assert run.settings() == {"corpus": "x", "hidden": 3}
        assert run.paths.root == store.root / "a"
        lock = take_lock(run.paths.lock)
        assert lock is not None
        assert run.status().state == "starting"
        assert before <= run.status().created <= time.time()
        os.close(lock)

    def test_a_taken_name_is_refused_and_the_run_there_kept(self, store: RunStore) -> None:
        store.create("a", CONFIG)
        with pytest.raises(BadInputError, match="a run named 'a' already exists"):
            store.create("a", "hidden = 9\n")
        assert store.open("a").settings()["hidden"] == 3
        assert [entry.name for entry in store.root.iterdir()] == ["a"]

    @pytest.mark.parametrize(
        ("state", "commands"),
        [("running", ["stop"]), ("queued", ["stop"]), ("paused", ["resume"]),
         ("stopped", ["resume", "rm"]), ("failed", ["resume", "rm"]), ("finished", ["rm"])],
    )  # fmt: skip
    def test_what_to_do_about_a_taken_name_follows_the_state_of_its_run(
        self, store: RunStore, state: State, commands: list[str]
    ) -> None:
        run = store.create("a", CONFIG)
        replace_text(
            run.paths.status, encode_status(Status(state=state, host=socket.gethostname()))
        )
        lock = take_lock(run.paths.lock)
        assert lock is not None
        with pytest.raises(BadInputError, match="choose another name") as refusal:
            store.create("a", CONFIG)
        os.close(lock)
        said = str(refusal.value)
        named = [verb for verb in ("resume", "stop", "rm") if f"`rnnlab {verb} a`" in said]
        assert named == commands

    def test_a_file_in_the_way_is_kept(self, store: RunStore) -> None:
        store.root.mkdir()
        (store.root / "a").write_text("mine")
        with pytest.raises(BadInputError, match="already exists"):
            store.create("a", CONFIG)
        assert (store.root / "a").read_text() == "mine"
        assert len(list(store.root.iterdir())) == 1

    def test_of_two_at_once_one_gets_the_name(self, store: RunStore) -> None:
        outcomes: list[str] = []

        def create() -> None:
            try:
                store.create("a", CONFIG)
            except BadInputError:
                outcomes.append("refused")
            else:
                outcomes.append("made")

        threads = [threading.Thread(target=create) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["made"] + ["refused"] * 7
        assert [entry.name for entry in store.root.iterdir()] == ["a"]

    @pytest.mark.parametrize("name", ["..", "../b", "a/b", "", ".hidden"])
    def test_a_run_never_leaves_its_folder(self, store: RunStore, name: str) -> None:
        with pytest.raises(BadInputError, match="cannot be a run's name"):
            store.create(name, CONFIG)
        assert not store.root.exists()

    def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(RnnlabError, match=r"cannot write to .*file"):
            RunStore(tmp_path / "file").create("a", CONFIG)


class TestFind:
    def test_runs_come_by_name_and_nothing_else_does(self, store: RunStore) -> None:
        for name in ("b", "a", "c"):
            store.create(name, CONFIG)
        (store.root / "no-run").mkdir()
        (store.root / "file").touch()
        for name in (".new-x", "a b", "\x1b[31m", "x" * 65):
            (store.root / name).mkdir()
            RunPaths(store.root / name).config.write_text(CONFIG)
        assert [run.name for run in store] == ["a", "b", "c"]

    def test_a_missing_folder_holds_no_runs(self, store: RunStore) -> None:
        assert list(store) == []

    def test_an_unknown_run_offers_the_nearest(self, store: RunStore) -> None:
        with pytest.raises(UnknownNameError, match=r"there is no run in .* yet"):
            store.open("moliere")
        store.create("moliere", CONFIG)
        assert store.open("moliere").name == "moliere"
        with pytest.raises(UnknownNameError, match="did you mean 'moliere'"):
            store.open("molier")

    @pytest.mark.parametrize("name", ["..", ".", "", "../runs/a", "a/", "/"])
    def test_no_name_opens_another_folder(self, store: RunStore, name: str) -> None:
        store.create("a", CONFIG)
        with pytest.raises(UnknownNameError):
            store.open(name)

    def test_a_free_name_is_one_that_no_run_has(self, store: RunStore) -> None:
        assert store.free_name("a") == "a"
        store.create("a", CONFIG)
        store.create("a-2", CONFIG)
        assert store.free_name("a") == "a-3"

    def test_settings_that_cannot_be_read_are_empty(self, store: RunStore) -> None:
        run = store.create("a", CONFIG)
        for content in (b"hidden = ", b"\xff"):
            run.paths.config.write_bytes(content)
            assert run.settings() == {}

    def test_some_of_the_settings_are_what_they_are_among_all(
        self, store: RunStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = RunConfig(
            corpus="a = b.txt", cell="gru", sample_prompts='one\ncell = "lstm"\ntwo', clip=0.5
        )
        run = store.create("a", settings.to_toml())
        only = {"corpus", "cell", "clip"}
        assert run.settings(only) == {"corpus": "a = b.txt", "cell": "gru", "clip": 0.5}
        assert run.settings(only) == {key: run.settings()[key] for key in only}
        parsed: list[str] = []
        monkeypatch.setattr(tomllib, "loads", parsed.append)
        run.settings(only)
        assert parsed[0].count("\n") == len(only) - 1

    def test_a_run_is_opened_without_a_look_at_the_others(
        self, store: RunStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = store.create("a", CONFIG)
        store.create("b", CONFIG)
        with monkeypatch.context() as patch:  # pytest removes the folder by what is patched
            for function in ("scandir", "listdir"):
                patch.setattr(os, function, None)
            opened = store.open("a")
        assert opened == run

    def test_the_default_folder_is_the_environments(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RNNLAB_CHECKPOINTS", str(tmp_path / "env"))
        assert RunStore.default().root == tmp_path / "env"
        assert RunStore.default(tmp_path / "told").root == tmp_path / "told"


class TestShipped:
    @pytest.fixture
    def both(self, tmp_path: Path) -> RunStore:
        """Return a store with the shipped run `starter` and one of the user's own, `a`."""
        shipped = RunStore(tmp_path / "package").create("starter", CONFIG)
        say(shipped, "finished")
        store = RunStore(tmp_path / "runs", [shipped.paths.root])
        store.create("a", CONFIG)
        return store

    def test_shipped_runs_are_listed_among_the_others(self, both: RunStore) -> None:
        assert [(run.name, run.is_shipped) for run in both] == [("a", False), ("starter", True)]

    def test_a_shipped_run_cannot_be_removed(self, both: RunStore) -> None:
        with pytest.raises(BadInputError, match="is shipped"):
            both.remove(both.open("starter"))
        assert both.open("starter").paths.config.exists()

    def test_it_is_shipped_under_another_name_too(self, both: RunStore) -> None:
        (both.root / "mine").symlink_to(both.open("starter").paths.root)
        assert {run.name: run.is_shipped for run in both}["mine"]
        assert both.open("mine").is_shipped

    def test_an_own_run_hides_a_shipped_one(self, both: RunStore) -> None:
        # As if it was created before rnnlab shipped a run of this name.
        own = RunStore(both.root).create("starter", CONFIG)
        assert both.open("starter") == own == {run.name: run for run in both}["starter"]

    def test_it_is_shipped_in_a_checkout_too(self, both: RunStore) -> None:
        starter = both.open("starter").paths.root
        assert RunStore(starter.parent, [starter]).open("starter").is_shipped

    def test_its_name_is_taken(self, both: RunStore) -> None:
        assert both.free_name("starter") == "starter-2"
        with pytest.raises(BadInputError, match="'starter' is a run shipped with rnnlab"):
            both.create("starter", CONFIG)
        assert both.open("starter").is_shipped


class TestStatus:
    def test_the_last_status_of_an_ended_worker_counts(self, store: RunStore) -> None:
        run = store.create("a", CONFIG)
        say(run, "failed", reason="no room", step=7)
        assert (run.status().state, run.status().reason, run.status().step) == (
            "failed", "no room", 7,
        )  # fmt: skip
        assert not run.is_alive()

    def test_a_run_whose_worker_is_gone_is_lost_and_says_what_to_do(self, store: RunStore) -> None:
        run = store.create("a", CONFIG)
        say(run, "running", pid=123, step=7)
        status = run.status()
        assert (status.state, status.step) == ("lost", 7)
        assert "123" in status.reason
        assert "rnnlab resume" in status.reason
        assert not run.is_alive()

    @pytest.mark.parametrize("content", [None, b"", b"{", b"\xff", b'{"state": "asleep"}'])
    def test_an_unreadable_status_is_a_lost_run(
        self, store: RunStore, content: bytes | None
    ) -> None:
        run = store.create("a", CONFIG)
        run.paths.status.unlink()
        if content is not None:
            run.paths.status.write_bytes(content)
        assert run.status().state == "lost"
        assert "status.json" in run.status().reason

    def test_a_worker_that_ends_between_two_looks_is_not_lost(
        self, store: RunStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = store.create("a", CONFIG)
        say(run, "running")
        state_of = Liveness.state

        def end_first(observer: Liveness, status: Status, paths: RunPaths) -> State:
            if status.state == "running":
                say(run, "finished")  # the worker's last status, then its end
            return state_of(observer, status, paths)

        monkeypatch.setattr(Liveness, "state", end_first)
        assert run.status().state == "finished"


class TestRemove:
    def test_a_removed_run_is_gone(self, store: RunStore) -> None:
        run = store.create("a", CONFIG)
        store.create("b", CONFIG)
        say(run, "finished")
        store.remove(run)
        assert [entry.name for entry in store.root.iterdir()] == ["b"]

    def test_a_training_run_cannot_be_removed(self, store: RunStore) -> None:
        run = store.create("a", CONFIG)
        lock = take_lock(run.paths.lock)
        assert lock is not None
        for state in ("starting", "running", "paused"):
            say(run, state)
            shown = "paused" if state == "paused" else "training"
            with pytest.raises(
                BadInputError, match=f"'a' is {shown}; stop it first with `rnnlab stop a`"
            ):
                store.remove(run)
        os.close(lock)
        assert run.paths.config.exists()

    def test_a_run_that_trains_on_another_host_cannot_be_removed(self, store: RunStore) -> None:
        run = store.create("a", CONFIG)
        # A heartbeat in the future does not become stale on a busy machine.
        say(run, "running", host="elsewhere", heartbeat=time.time() + 3600)
        with pytest.raises(BadInputError, match="is training"):
            store.remove(run)

    def test_removal_waits_for_a_worker_that_is_ending(self, store: RunStore) -> None:
        run = store.create("a", CONFIG)
        say(run, "finished")
        lock = take_lock(run.paths.lock)
        assert lock is not None
        threading.Timer(0.1, os.close, [lock]).start()
        store.remove(run)
        assert not run.paths.root.exists()


def test_foreign_entries_are_not_runs_whatever_they_are(store: RunStore) -> None:
    store.create("mine", CONFIG)
    (store.root / "file").touch()
    (store.root / "empty").mkdir()
    (store.root / "loop").symlink_to("loop")
    os.mkfifo(store.root / "pipe")
    (store.root / "linked").symlink_to(store.root / "mine")
    assert [run.name for run in store] == ["linked", "mine"]


def test_a_run_is_found_without_listing_the_others(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app looks a run up between two keys, and there may be 100,000 other folders."""
    run = store.create("mine", CONFIG)

    def refuse(*_: object) -> None:
        raise AssertionError("the folder is listed")

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        patch.setattr(os, "listdir", refuse)
        assert store.find("mine") == run
        assert store.find("other") is None


@pytest.mark.parametrize(
    ("put", "problem"),
    [(os.mkfifo, "not a regular file: delete it"), (os.mkdir, "a folder, not a file: delete it")],
)
def test_the_reason_of_a_run_names_what_is_in_place_of_its_status(
    store: RunStore, put: Callable[[Path], None], problem: str
) -> None:
    run = store.create("mine", CONFIG)
    run.paths.status.unlink()
    put(run.paths.status)
    reason = f"its status.json is {problem}; `rnnlab resume mine` continues the run"
    assert (run.status().state, run.status().reason) == ("lost", reason)
