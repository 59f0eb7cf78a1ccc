"""Compilation of the native step: once, into the cache, and what happens without it.

The compiler of most tests is a script that copies the library of this test session.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.inference.steppers import make_stepper
from rnnlab.native import _build, load_library
from rnnlab.native import report as native_report
from tests.toys.kernels import CACHE, COMPILER, compile_kernels
from tests.toys.numeric import assert_close
from tests.toys.steppers import make_model, needs_native, start, walk


@pytest.fixture(scope="module")
def compiled() -> Path:
    """The cache of the library that this session has compiled without a warning."""
    assert compile_kernels() == ""
    return CACHE / "rnnlab"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache, so that the library is built from scratch."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("RNNLAB_NATIVE", raising=False)
    monkeypatch.delenv("CC", raising=False)
    _build.build.cache_clear()
    yield tmp_path / "cache" / "rnnlab"
    _build.build.cache_clear()


def script(file: Path, body: str) -> str:
    file.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    file.chmod(0o755)
    return f"'{file}'"


def copier(file: Path, compiled: Path, first: str = "") -> str:
    """Write a compiler that runs some commands, prints a line and copies the compiled library."""
    (library,) = compiled.glob("kernels-*.so")
    return script(
        file,
        f"""{first}
        if [ "$1" = --version ]; then echo cc 1; exit; fi
        echo chatter; echo chatter >&2
        while [ "$1" != -o ]; do shift; done
        cp '{library}' "$2" """,
    )


@needs_native
def test_it_is_compiled_without_warnings_and_readable_only_by_the_user(compiled: Path) -> None:
    (file,) = compiled.glob("kernels-*.so")
    assert file.is_file()
    assert compiled.stat().st_mode & 0o777 == 0o700


@needs_native
def test_it_is_compiled_once_and_silently(
    compiled: Path,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CC", copier(tmp_path / "cc", compiled))
    assert load_library().library is not None
    (file,) = cache.iterdir()
    written = file.stat().st_mtime_ns
    _build.build.cache_clear()
    assert load_library().library is not None
    assert [f.stat().st_mtime_ns for f in cache.iterdir()] == [written]
    assert str(file) in native_report()
    assert capfd.readouterr() == ("", "")


@needs_native
def test_a_cached_file_that_does_not_load_is_built_again(
    compiled: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", copier(tmp_path / "cc", compiled))
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
        ("exit 0", "kernels-"),  # the file's name; the rest of the message is the system's
    ],
)
def test_a_broken_compiler_leaves_torch_and_a_reason(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, reason: str
) -> None:
    monkeypatch.setenv("CC", script(tmp_path / "cc", body))
    assert make_stepper(make_model()).writer is None
    assert native_report().startswith("native kernels not available")
    with pytest.raises(BadInputError, match=reason):
        make_stepper(make_model(), "native")
    assert not cache.exists() or not list(cache.iterdir())


def test_without_a_compiler_there_is_a_reason(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no C compiler" in native_report()


@needs_native
def test_unknown_flags_are_omitted(
    compiled: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse = 'case "$*" in *-march=native*) echo error: unknown >&2; exit 1;; esac'
    monkeypatch.setenv("CC", copier(tmp_path / "plain", compiled, refuse))
    assert load_library().library is not None


@needs_native
@pytest.mark.parametrize("fault", ["writable", "owner", "pipe"])
def test_a_cached_file_of_another_user_is_built_again_and_never_loaded(
    compiled: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """A library that others may have written: its constructor would run as soon as it is loaded."""
    monkeypatch.setenv("CC", copier(tmp_path / "cc", compiled))
    load_library()
    (file,) = cache.iterdir()
    mark, evil = tmp_path / "executed", tmp_path / "evil.c"
    evil.write_text(
        "#include <fcntl.h>\n__attribute__((constructor)) void run(void) "
        f'{{ open("{mark}", O_CREAT, 0600); }}'
    )
    file.unlink()
    if fault == "pipe":
        os.mkfifo(file)
    else:
        subprocess.run([COMPILER, "-shared", "-fPIC", evil, "-o", file], check=True)
        if fault == "writable":
            file.chmod(0o722)
        elif os.getuid() == 0:
            os.chown(file, 12345, -1)
        else:
            pytest.skip("only root can give a file to another user")
    _build.build.cache_clear()
    assert load_library().library is not None
    assert not mark.exists()
    assert file.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_uid == os.getuid()


@needs_native
def test_a_cached_library_of_the_user_is_loaded_from_its_descriptor(
    compiled: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with a umask that lets the group write."""
    monkeypatch.setenv("CC", copier(tmp_path / "cc", compiled))
    before = os.umask(0o002)
    try:
        load_library()
    finally:
        os.umask(before)
    (file,) = cache.iterdir()
    monkeypatch.setenv("CC", script(tmp_path / "cc", "[ $1 = --version ] && echo cc 1 || exit 3"))
    _build.build.cache_clear()
    assert load_library().library is not None, "it would have been compiled again"
    assert str(file) in native_report()


def test_a_cache_below_a_folder_writable_by_others_is_refused(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may write to a folder above the cache can replace the cache as a whole."""
    monkeypatch.setenv("CC", script(tmp_path / "cc", "echo cc 1"))
    cache.mkdir(parents=True, mode=0o700)
    cache.parent.chmod(0o777)
    assert load_library().library is None
    report = native_report()
    assert f"{cache.parent} is writable by another user" in report
    assert "XDG_CACHE_HOME" in report
    assert "\n" not in report


def test_a_cache_writable_by_others_is_refused(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", script(tmp_path / "cc", "echo cc 1"))
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    assert load_library().library is None
    assert "another user" in native_report()
    assert make_stepper(make_model()).writer is None


def test_a_cache_of_another_user_is_refused(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = os.getuid()
    monkeypatch.setenv("CC", script(tmp_path / "cc", "echo cc 1"))
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    assert "another user" in native_report()


def test_without_a_cache_torch_is_used(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.parent.write_text("a file where the folder would be", encoding="utf-8")
    temporary = tmp_path / "temporary"
    temporary.write_text("and another one in place of the temporary folder", encoding="utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert make_stepper(make_model()).writer is None
    assert native_report().startswith("native kernels not available")


@needs_native
@pytest.mark.process
def test_processes_may_build_at_the_same_time(
    compiled: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", copier(tmp_path / "cc", compiled))
    # Imported by its path, because the package would import torch.
    code = (
        f"import runpy; print(runpy.run_path({_build.__file__!r})['build']().library is not None)"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [child.communicate(timeout=60)[0] for child in children] == ["True\n"] * 2
    assert [file.suffix for file in cache.iterdir()] == [".so"]


@needs_native
def test_narrow_vectors_give_the_same_log_probs(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(layers=2)
    # Compiled without optimisation, in a quarter of the time.
    body = f'''for flag; do
            shift; if [ "$flag" = -O3 ]; then flag=-O0; fi; set -- "$@" "$flag"
        done
        exec {COMPILER} -mno-avx "$@"'''
    monkeypatch.setenv("CC", script(tmp_path / "narrow", body))
    has_narrow = load_library().library is not None
    ours = make_stepper(model)
    _build.build.cache_clear()
    if not has_narrow:
        pytest.skip("the compiler makes no code for another processor")
    torchs = make_stepper(model, "torch")
    tokens_TR = np.random.default_rng(0).integers(0, 23, (9, 20))
    log_probs_RV = walk(ours, start(model, ours, 20), tokens_TR)
    alone_1V = walk(ours, start(model, ours, 1), tokens_TR[:, :1])
    expected_RV = walk(torchs, start(model, torchs, 20), tokens_TR)
    assert_close(log_probs_RV, expected_RV, terms=2 * 37)
    assert np.array_equal(alone_1V[0], log_probs_RV[0])


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="an instruction of x86_64")
def test_with_avx512_bf16_the_products_are_its_instruction(tmp_path: Path) -> None:
    library = tmp_path / "linear.so"
    sources = [str(_build.SOURCES / name) for name in ("linear.c", "pool.c")]
    flags = [*_build.FLAGS, "-O1", "-mavx512f", "-mavx512bf16", "-shared"]  # O1: a second
    command = [*COMPILER.split(), *flags, *sources, "-o", str(library)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    assert ctypes.CDLL(str(library)).rnnlab_has_bfloat16() == 1
    code = library.read_bytes()  # EVEX.512.F3.0F38.W0 52: vdpbf16ps with 512 bits
    places = (i for i in range(len(code) - 4) if code[i] == 0x62 and code[i + 4] == 0x52)
    assert any(code[i + 1] & 3 == 2 and code[i + 2] & 0x83 == 2 for i in places)
