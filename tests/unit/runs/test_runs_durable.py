"""Notes, names and the bin survive a power cut as soon as the user has been told of them."""

from __future__ import annotations

from pathlib import Path

from rnnlab.base.preferences import save_preference
from rnnlab.runs.bin import Bin
from rnnlab.runs.notes import change_note, read_notes
from rnnlab.runs.rename import rename
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.workers import WorkerRecord, add_worker, read_workers
from rnnlab.tui.state.view_state import ViewState, load_view, save_view
from tests.toys.live_runs import make_run
from tests.toys.power_cut import Disk, cuts, newest, write_tree
from tests.toys.recorded_files import Mark, Recorder


def view(checkpoints: Path, ancestor: Path) -> str:
    """Return what a user sees of all runs, and of the bin; ancestor: the folder to abbreviate."""
    store = RunStore(checkpoints)

    def shown(run: Run) -> str:
        origin = str(run.settings().get("init_from", "")).replace(str(ancestor), "ROOT")
        return f"{run.name}({origin}{read_notes(run.paths).note})"

    present = "+".join(shown(run) for run in store)
    return present + "|" + "+".join(entry.name for entry in Bin(store).entries())


def test_a_note_a_name_and_the_bin_survive_a_power_cut(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "checkpoints")
    store.root.mkdir()
    recorder = Recorder(store.root)
    with recorder.recording():
        run = store.create("a", "hidden = 8\n")
        recorder.mark("created")
        store.create("child", f'init_from = "{store.root / "a"}@0"\n')
        recorder.mark("another")
        change_note(run, "my note")
        recorder.mark("noted")
        run = rename(store, run, "b")
        recorder.mark("renamed")
        entry = Bin(store).put(run)
        recorder.mark("deleted")
        run = Bin(store).restore(entry)
        recorder.mark("restored")
        assert view(store.root, store.root) == "b(my note)+child(ROOT/b@0)|"
        store.remove(run)
        recorder.mark("removed")
    assert view(store.root, store.root) == "child(ROOT/b@0)|"

    disk, seen, views = Disk(), list[set[str]](), set[str]()
    scratch = tmp_path / "scratch"
    for operation in recorder.operations:
        disk.take(operation)
        write_tree(scratch, disk.after([True] * len(disk.pending), newest))
        views.add(view(scratch, store.root))
        if isinstance(operation, Mark):  # what was seen since the mark before, which still counts
            seen.append(views)
            views = {view(scratch, store.root)}
    seen.append(views)
    for cut in cuts(recorder.operations, seed=1, num_random=1):
        write_tree(scratch, cut.tree)
        assert view(scratch, store.root) in seen[len(cut.marks)], cut.place


def test_a_preference_survives_a_power_cut(tmp_path: Path) -> None:
    file = tmp_path / "config" / "config.toml"
    save_preference("slots", 1, file)
    recorder = Recorder(file.parent)
    with recorder.recording():
        save_preference("slots", 2, file)
        recorder.mark("saved")
    lasts = {
        ((cut.tree["config.toml"] or b"").strip().rpartition(b"\n")[2], len(cut.marks))
        for cut in cuts(recorder.operations, 1)
    }
    old, new = b"slots = 1", b"slots = 2"
    assert lasts == {(old, 0), (new, 0), (new, 1)}


def test_the_view_survives_a_power_cut(tmp_path: Path) -> None:
    file = tmp_path / "view.json"
    save_view(ViewState(filter="old"), file)
    recorder = Recorder(tmp_path)
    with recorder.recording():
        save_view(ViewState(filter="new"), file)
        recorder.mark("saved")
    scratch = tmp_path.with_name("scratch")
    for cut in cuts(recorder.operations, seed=1):
        write_tree(scratch, cut.tree)
        assert load_view(scratch / "view.json").filter in (
            ("new",) if cut.marks else ("old", "new")
        )


def test_a_worker_is_recorded_after_half_a_line(tmp_path: Path) -> None:
    paths = make_run(tmp_path, "stopped").paths
    add_worker(paths, WorkerRecord(step=1))
    with paths.workers.open("a") as file:
        file.write('{"started": 0.0, "st')  # the power failed here
    add_worker(paths, WorkerRecord(step=2))
    assert [worker.step for worker in read_workers(paths)] == [1, 2]


def test_a_run_whose_status_is_lost_tells_what_its_other_files_know(tmp_path: Path) -> None:
    run = make_run(tmp_path, "running", last=30)
    created = run.paths.config.stat().st_mtime
    run.paths.status.write_bytes(b"")
    status = run.status()
    assert (status.state, status.step, status.created) == ("lost", 30, created)
    assert "`rnnlab resume run` continues the run" in status.reason
