"""The available memory of a container, from files in the kernel's format."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.runs import memory


@pytest.mark.parametrize(("most", "left"), [("1000", 750), ("max", None), ("none", None)])
def test_the_file_cache_counts_as_available(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: str, left: int | None
) -> None:
    (tmp_path / "memory.max").write_text(f"{most}\n")
    (tmp_path / "memory.current").write_text("900\n")
    (tmp_path / "memory.stat").write_text("anon 200\nactive_file 50\ninactive_file 650\nslab 1\n")
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "none")
    assert memory.free_bytes() == left
