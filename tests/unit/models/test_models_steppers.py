"""The native step: bit for bit the same in any company, sound at the extremes; how it is built.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnlab.cells.lstm import LSTM
from rnnlab.config import RunConfig
from rnnlab.corpora import Vocabulary
from rnnlab.errors import BadInputError
from rnnlab.models import LanguageModel, build_model
from rnnlab.models.steppers import _build, _native, make_stepper, native_report
from rnnlab.models.steppers._build import load_library
from rnnlab.models.steppers._native import NativeStepper
from rnnlab.models.steppers._torch import TorchStepper

LIBRARY = load_library().library
needs_native = pytest.mark.skipif(LIBRARY is None, reason=native_report())
CELLS = ("gru", "lstm", "rnn", "rnn-relu", "rnn-sigmoid")
MOST_ROWS = 100


def make_model(cell: str = "lstm", num_tokens: int = 23, **settings: Any) -> LanguageModel:
    values = {"corpus": "none", "cell": cell, "hidden": 37, "embedding": 6, **settings}
    vocabulary = Vocabulary(tuple(chr(0x4E00 + i) for i in range(num_tokens)))
    model = build_model(RunConfig.from_values(values), vocabulary).eval()
    assert isinstance(model, LanguageModel)
    return model


def native(model: LanguageModel, num_threads: int = 1) -> NativeStepper:
    assert LIBRARY is not None
    return NativeStepper(model, LIBRARY, num_threads)


def start(model: LanguageModel, stepper: Any, rows: int) -> Any:
    state = model.start_state(rows)
    return stepper.adopt(state, state[-1][0])


def walk(stepper: Any, state: Any, tokens_TR: Any) -> Any:
    """Log-probs [R, V] after some tokens, each row going on from itself."""
    for tokens_R in tokens_TR:
        log_probs_RV, state = stepper.step(state, np.arange(len(tokens_R)), tokens_R)
    return log_probs_RV


@needs_native
@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_a_row_is_the_same_to_the_bit_among_any_others_on_any_threads(
    cell: str, num_layers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_native, "PRODUCTS_PER_THREAD", 1)
    model = make_model(cell, layers=num_layers, residual=num_layers > 1)
    tokens_TR = np.random.default_rng(0).integers(0, 23, (5, MOST_ROWS))
    alone = native(model)
    expected_RV = np.concatenate(
        [walk(alone, start(model, alone, 1), tokens_TR[:, r : r + 1]) for r in range(MOST_ROWS)]
    )
    for threads in (1, 2, 5):
        stepper = native(model, threads)
        for rows in (2, 3, 4, 5, 6, 7, 20, 33, MOST_ROWS):
            found_RV = walk(stepper, start(model, stepper, rows), tokens_TR[:, :rows])
            assert np.array_equal(found_RV, expected_RV[:rows]), (threads, rows)


@needs_native
@pytest.mark.parametrize("threads", [1, 3])
def test_children_of_few_parents_are_the_same_to_the_bit(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_native, "PRODUCTS_PER_THREAD", 1)
    model, random = make_model("gru", layers=2), np.random.default_rng(0)
    stepper = native(model, threads)
    _, state = stepper.step(start(model, stepper, 9), np.arange(9), random.integers(0, 23, 9))
    parents_R, tokens_R = random.choice([7, 2, 8], 200), random.integers(0, 23, 200)
    found_RV, after = stepper.step(state, parents_R, tokens_R)
    expected_RV, twin = stepper.step(stepper.select(state, parents_R), np.arange(200), tokens_R)
    assert np.array_equal(found_RV, expected_RV)
    assert np.array_equal(stepper.features(after), stepper.features(twin))


@needs_native
@pytest.mark.parametrize("helpers", [1, 3])
def test_several_threads_may_step_at_once(helpers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_native, "PRODUCTS_PER_THREAD", 1)
    model, random = make_model(hidden=64), np.random.default_rng(0)
    stepper = native(model, helpers)
    state = start(model, stepper, 50)
    paths = [random.integers(0, 23, (20, 50)) for _ in range(8)]
    expected = [walk(stepper, state, path) for path in paths]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda path: walk(stepper, state, path), paths * 5))
    for number, found_RV in enumerate(found):
        assert np.array_equal(found_RV, expected[number % len(paths)])


FORK = """
import os
from unit.models import test_models_steppers as tests
from rnnlab.models.steppers import _native
_native.PRODUCTS_PER_THREAD = 1
model = tests.make_model()
stepper = tests.native(model, 2)
tokens_TR = tests.np.ones((3, 64), int)
before = tests.walk(stepper, tests.start(model, stepper, 64), tokens_TR)
child = os.fork()
after = tests.walk(stepper, tests.start(model, stepper, 64), tokens_TR)
same = (before == after).all()
if child == 0:
    os._exit(not same)
raise SystemExit(os.waitpid(child, 0)[1] or not same)
"""


@needs_native
@pytest.mark.process
def test_a_forked_process_has_threads_of_its_own() -> None:
    tests = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": f"{tests.parent}:{tests}"}
    subprocess.run([sys.executable, "-c", FORK], env=environment, check=True, timeout=60)


@needs_native
@pytest.mark.parametrize("hidden", [1, 5, 8, 37, 64])
@pytest.mark.parametrize("num_tokens", [2, 96, 257, 1000])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_sizes_need_not_fill_whole_vectors(cell: str, num_tokens: int, hidden: int) -> None:
    model = make_model(cell, num_tokens, hidden=hidden, layers=2)
    tokens_TR = np.random.default_rng(0).integers(0, num_tokens, (4, 7))
    ours, torchs = native(model), TorchStepper(model)
    found_RV = walk(ours, start(model, ours, 7), tokens_TR)
    expected_RV = walk(torchs, start(model, torchs, 7), tokens_TR)
    assert found_RV.shape == (7, num_tokens)
    np.testing.assert_allclose(found_RV, expected_RV, rtol=0, atol=1e-5)


@needs_native
@pytest.mark.parametrize("scale", [50.0, 1e4])
@pytest.mark.parametrize("cell", CELLS)
def test_log_probs_of_huge_weights_are_finite_and_sum_to_one(cell: str, scale: float) -> None:
    model = make_model(cell)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # Rectified units have no bound: their recurrence is left alone.
            if cell != "rnn-relu" or "hh" not in name:
                parameter.mul_(scale)
    stepper = native(model)
    tokens_TR = np.random.default_rng(0).integers(0, 23, (6, 8))
    log_probs_RV = walk(stepper, start(model, stepper, 8), tokens_TR).astype(np.float64)
    assert np.isfinite(log_probs_RV).all()
    np.testing.assert_allclose(np.exp(log_probs_RV).sum(1), 1.0, rtol=0, atol=1e-5)


@needs_native
@pytest.mark.parametrize("cell", CELLS)
def test_a_broken_weight_shows(cell: str) -> None:
    model = make_model(cell)
    with torch.no_grad():
        model.rnn.get_parameter("weight_hh_l0")[0, 0] = torch.nan
    stepper = native(model)
    assert np.isnan(walk(stepper, start(model, stepper, 2), np.zeros((3, 2), np.int64))).all()


@needs_native
def test_auto_is_native_where_that_is_possible() -> None:
    assert isinstance(make_stepper(make_model()), NativeStepper)
    assert isinstance(make_stepper(make_model(), "torch"), TorchStepper)


class OtherLSTM(LSTM):
    """A cell made from another one: its equations may be others."""


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (make_model("lstm-peephole"), "the cell"),
        (make_model().double(), "float32"),
        (make_model(device="cpu").to("meta"), "on meta"),
    ],
)
def test_a_model_that_does_not_fit_is_stepped_by_torch(model: LanguageModel, reason: str) -> None:
    assert isinstance(make_stepper(model), TorchStepper)
    with pytest.raises(BadInputError, match=reason):
        make_stepper(model, "native")


def test_a_cell_derived_from_a_known_one_is_not_taken_for_it() -> None:
    model = make_model()
    model.rnn.cell = OtherLSTM()
    assert isinstance(make_stepper(model), TorchStepper)


def test_a_vocabulary_too_large_for_a_table_is_stepped_by_torch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_native, "MOST_TABLE_NUMBERS", 23 * 4 * 37 - 1)
    assert isinstance(make_stepper(make_model()), TorchStepper)


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNLAB_NATIVE", "0")
    assert isinstance(make_stepper(make_model()), TorchStepper)
    assert "RNNLAB_NATIVE" in native_report()
    with pytest.raises(BadInputError, match="RNNLAB_NATIVE"):
        make_stepper(make_model(), "native")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache of the test's own, which the library is built in afresh."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("RNNLAB_NATIVE", raising=False)
    _build.build.cache_clear()
    yield tmp_path / "cache" / "rnnlab"
    _build.build.cache_clear()


def script(file: Path, body: str) -> str:
    file.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)


@needs_native
def test_it_is_compiled_without_a_warning_once(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CC", f"{os.environ.get('CC', 'cc')} -Werror")
    assert load_library().library is not None
    (file,) = cache.iterdir()
    written = file.stat().st_mtime_ns
    _build.build.cache_clear()
    assert load_library().library is not None
    assert [f.stat().st_mtime_ns for f in cache.iterdir()] == [written]
    assert str(file) in native_report()
    assert cache.stat().st_mode & 0o777 == 0o700
    assert capfd.readouterr() == ("", "")


@needs_native
def test_a_cached_file_that_does_not_load_is_built_afresh(cache: Path) -> None:
    load_library()
    (file,) = cache.iterdir()
    file.unlink()
    file.write_bytes(b"\x7fELF cut short")
    _build.build.cache_clear()
    assert load_library().library is not None
    assert file.stat().st_size > 1000


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("echo x.c:1: error: no such thing >&2; exit 1", "no such thing"),
        ('[ "$1" = --version ] && echo cc 1 && exit; exit 3', "exit code 3"),
        ("exit 0", "cannot|fails|short|invalid"),
    ],
)
def test_a_broken_compiler_leaves_torch_and_a_reason(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, reason: str
) -> None:
    monkeypatch.setenv("CC", script(tmp_path / "cc", body))
    assert isinstance(make_stepper(make_model()), TorchStepper)
    assert native_report().startswith("native step not available")
    with pytest.raises(BadInputError, match=reason):
        make_stepper(make_model(), "native")
    assert not cache.exists() or not list(cache.iterdir())


def test_without_a_compiler_there_is_a_reason(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no C compiler" in native_report()


@needs_native
def test_a_flag_that_the_compiler_does_not_know_is_left_out(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = 'case "$*" in *-march=native*) echo error: unknown >&2; exit 1;; esac; exec cc "$@"'
    monkeypatch.setenv("CC", script(tmp_path / "plain", body))
    assert load_library().library is not None


@needs_native
def test_narrow_vectors_give_the_same_log_probs(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(layers=2)
    monkeypatch.setenv("CC", f"{os.environ.get('CC', 'cc')} -mno-avx")
    narrow = load_library().library
    if narrow is None:
        pytest.skip("the compiler makes no code for another processor")
    ours, torchs = NativeStepper(model, narrow, 1), TorchStepper(model)
    tokens_TR = np.random.default_rng(0).integers(0, 23, (9, 20))
    found_RV = walk(ours, start(model, ours, 20), tokens_TR)
    alone_1V = walk(ours, start(model, ours, 1), tokens_TR[:, :1])
    expected_RV = walk(torchs, start(model, torchs, 20), tokens_TR)
    np.testing.assert_allclose(found_RV, expected_RV, rtol=0, atol=1e-5)
    assert np.array_equal(alone_1V[0], found_RV[0])


def test_a_cache_that_others_may_write_is_refused(cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    assert load_library().library is None
    assert "someone else" in native_report()
    assert isinstance(make_stepper(make_model()), TorchStepper)


def test_a_cache_that_is_not_ours_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    assert "someone else" in native_report()


def test_a_cache_that_cannot_be_made_leaves_torch(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.parent.write_text("a file where the folder would be", encoding="utf-8")
    temporary = tmp_path / "temporary"
    temporary.write_text("and another one in place of the temporary folder", encoding="utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert isinstance(make_stepper(make_model()), TorchStepper)
    assert native_report().startswith("native step not available")


@needs_native
@pytest.mark.process
def test_processes_may_build_at_once(cache: Path) -> None:
    # By its path: the package around it would load torch.
    code = (
        f"import runpy; print(runpy.run_path({_build.__file__!r})['build']().library is not None)"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [child.communicate(timeout=60)[0] for child in children] == ["True\n"] * 2
    assert [file.suffix for file in cache.iterdir()] == [".so"]
