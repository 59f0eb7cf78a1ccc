from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import replace_text
from rnnlab.runs import control
from rnnlab.runs.lock import take_lock
from rnnlab.runs.paths import QueuePaths, RunPaths
from rnnlab.runs.queue import Queue, device_key
from rnnlab.runs.records import Status, encode_status
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise
from rnnlab.settings.run_config import RunConfig


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[dict[str, int]]:
    """Locks that this process holds in place of the queued workers a, b and c."""
    store = RunStore(tmp_path)
    locks = {}
    for name in "abc":
        run = store.create(name, RunConfig(corpus="stump").to_toml())
        lock = take_lock(run.paths.lock)
        assert lock is not None
        locks[name] = lock
    yield locks
    for lock in locks.values():
        os.close(lock)


@pytest.fixture
def queue(tmp_path: Path, workers: dict[str, int]) -> Queue:
    made = Queue(tmp_path)
    for name in "abc":
        made.join(name, "cpu")
    return made


def names(queue: Queue) -> str:
    return "".join(entry.name for entry in queue.waiting())


def test_runs_wait_in_the_order_in_which_they_came(queue: Queue) -> None:
    assert names(queue) == "abc"
    assert [queue.place(name) for name in "abcd"] == [1, 2, 3, None]


def test_the_entry_of_a_dead_worker_is_removed_when_the_queue_is_read(
    tmp_path: Path, queue: Queue, workers: dict[str, int]
) -> None:
    os.close(workers.pop("b"))
    assert queue.has("b")
    assert names(queue) == "ac"
    assert not queue.has("b")
    with (tmp_path / ".queue" / "turn").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        os.close(workers.pop("a"))
        assert names(queue) == "c", "a reader does not wait for its turn"
        assert queue.has("a")
    queue.move("c", -1)
    assert not queue.has("a")


@pytest.mark.parametrize(
    ("name", "by", "order", "place"),
    [("c", -1, "acb", 2), ("c", -99, "cab", 1), ("a", 99, "bca", 3), ("b", 0, "abc", 2)],
)
def test_a_run_is_moved(queue: Queue, name: str, by: int, order: str, place: int) -> None:
    assert queue.move(name, by) == place
    assert names(queue) == order


def test_a_queue_that_another_process_does_not_give_back_blocks_nobody(
    tmp_path: Path, queue: Queue
) -> None:
    turn = tmp_path / ".queue" / "turn"
    with turn.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        hurried = Queue(tmp_path, patience_s=0.0)
        for change in (lambda: hurried.move("c", -1), lambda: hurried.join("d", "cpu")):
            with pytest.raises(RnnlabError, match=f"does not give back {turn}; end that process"):
                change()
        assert queue.take_turn("a", 1) is None, "its worker still reads its mail"
    slot = queue.take_turn("a", 1)
    assert slot is not None
    os.close(slot)


def test_a_run_that_is_not_queued_cannot_be_moved(queue: Queue) -> None:
    with pytest.raises(BadInputError, match="'d' is not in the queue"):
        queue.move("d", -1)


def test_only_the_first_gets_the_slot_and_the_next_one_once_it_is_free(queue: Queue) -> None:
    assert queue.take_turn("b", 1) is None
    slot = queue.take_turn("a", 1)
    assert slot is not None
    assert names(queue) == "bc"
    assert queue.take_turn("b", 1) is None
    os.close(slot)
    again = queue.take_turn("b", 1)
    assert again is not None
    os.close(again)


def test_as_many_train_at_once_as_there_are_slots(queue: Queue) -> None:
    slots = [queue.take_turn(name, 2) for name in "abc"]
    assert [slot is not None for slot in slots] == [True, True, False]
    more = queue.take_turn("c", 3)
    assert more is not None
    for slot in (slots[0], slots[1], more):
        assert slot is not None
        os.close(slot)


def test_a_worker_that_died_while_it_waited_does_not_hold_up_the_others(
    queue: Queue, workers: dict[str, int]
) -> None:
    os.close(workers.pop("a"))
    assert names(queue) == "bc"
    slot = queue.take_turn("b", 1)
    assert slot is not None
    os.close(slot)


def test_each_device_has_slots_of_its_own(queue: Queue) -> None:
    queue.join("c", "cuda-0")
    slot, other = queue.take_turn("a", 1), queue.take_turn("c", 1)
    assert slot is not None
    assert other is not None
    os.close(slot)
    os.close(other)


def test_an_invalid_entry_is_ignored(queue: Queue, tmp_path: Path) -> None:
    QueuePaths(tmp_path).entry("b").write_text("[1")
    (QueuePaths(tmp_path).root / "._a.json").write_text("{}")
    assert names(queue) == "ac"
    assert not queue.has("b")


def test_a_removed_run_leaves_the_queue(
    tmp_path: Path, queue: Queue, workers: dict[str, int]
) -> None:
    os.close(workers.pop("b"))
    store = RunStore(tmp_path)
    store.remove(store.open("b"))
    assert not queue.has("b")
    assert RunPaths(tmp_path / "a").root.is_dir()


def test_the_folder_of_the_queue_is_not_a_run(tmp_path: Path, queue: Queue) -> None:
    assert [run.name for run in RunStore(tmp_path)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("setting", "key"),
    [("cpu", "cpu"), ("cuda", "cuda-0"), ("cuda:1", "cuda-1"), ("../x", "x"), (7, "7")],
)
def test_a_device_has_a_name_that_is_safe_in_a_path(setting: object, key: str) -> None:
    assert device_key(setting) == key


def test_a_queued_run_can_be_neither_paused_nor_saved(
    tmp_path: Path, queue: Queue, workers: dict[str, int]
) -> None:
    run = RunStore(tmp_path).open("b")
    host = socket.gethostname()
    replace_text(run.paths.status, encode_status(Status(state="queued", host=host)))
    assert summarise(run).queue_place == 2
    for act in (control.pause, control.checkpoint):
        with pytest.raises(BadInputError, match="is queued"):
            act(run)
    assert control.stop(run) == "b leaves the queue"
    assert control.move_in_queue(run, -1) == "b is number 1 in the queue"


def test_a_queue_that_is_a_link_changes_no_file(tmp_path: Path) -> None:
    """It may lead to any folder of the user, which may have a file with the name of an entry."""
    others = tmp_path / "project"
    others.mkdir()
    (others / "package.json").write_text('{"position": 1, "device": "cpu"}')
    folder = tmp_path / "ck"
    folder.mkdir()
    QueuePaths(folder).root.symlink_to(others)
    queue = Queue(folder)
    assert queue.waiting() == []
    queue.leave("package")
    with pytest.raises(RnnlabError, match=r"is a symbolic link: .*with `unlink"):
        queue.join("package", "cpu")
    assert [file.name for file in others.iterdir()] == ["package.json"]
    assert (others / "package.json").read_text() == '{"position": 1, "device": "cpu"}'
