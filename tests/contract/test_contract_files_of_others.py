"""Every file is opened through `base/regular_files.py`, which never waits and limits the size.

A bare `open`, `read_text` or `read_bytes` waits for ever if another user has put a pipe there. The
modules named here may use them, each for its reason.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import rnnlab

PACKAGE = Path(rnnlab.__file__).parent
OWN = "reads files of the package or of the kernel"
NEW = "writes a new file, which it creates itself"
NAMED = "reads a file that the user names, which may be a pipe"
ALLOWED = {
    "base/regular_files.py": "opens the files for all others",
    "base/files.py": NEW,
    "base/field_docs.py": OWN,
    "base/registry.py": OWN,
    "cli/__init__.py": "opens /dev/null",
    "cli/_help.py": "writes to the terminal",
    "cli/generate.py": "writes a trace to a file that the user names, which may be a pipe",
    "corpora/_add.py": NEW,
    "corpora/_built_in.py": f"{OWN}; {NEW}",
    "corpora/_fetch.py": NEW,
    "corpora/_numbering.py": f"{NEW}, in a folder of its own",
    "corpora/_store.py": f"{NEW}, in a folder of its own",
    "corpora/_archives.py": "reads a tar file that `open_binary` has opened",
    "native/_build.py": OWN,
    "recipes/_files.py": NAMED,
    "runs/checksum.py": "completes a file that it has just written",
    "runs/exit_reason.py": "reads the kernel's log without waiting",
    "runs/held_folder.py": f"opens a folder; {NEW}",
    "runs/journal.py": NEW,
    "runs/mailbox.py": "opens a folder",
    "runs/memory.py": OWN,
    "settings/fields.py": OWN,
    "submit/_warm_start.py": NEW,
    "tui/outside/editor.py": "reads a file in a private folder",
    "tui/shell/picture.py": NEW,
    "tui/shell/screen_registry.py": OWN,
    "tui/shell/styled_app.py": OWN,
    "tui/state/prompt_session.py": NEW,
}
METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "memmap"}
"""Methods that open the file of their path."""
LIBRARY = {"load_file", "safe_open"}
"""Functions of safetensors, which may only open the `path` that `path_of_open` yields."""
MODES = {"r", "rb", "w", "wb", "a", "ab", "x", "xb", "r+", "rb+", "r+b"}


def bare_opens(source: str) -> list[int]:
    """Return the lines of a module that open a file by its path."""
    if not any(word in source for word in ("open(", "load_file(", *METHODS)):
        return []
    return [
        call.lineno
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and _opens(call)
    ]


def _opens(node: ast.Call) -> bool:
    if isinstance(node.func, ast.Name) and node.func.id in LIBRARY:
        return not (isinstance(node.args[0], ast.Name) and node.args[0].id == "path")
    if isinstance(node.func, ast.Name):
        return node.func.id == "open"
    if not isinstance(node.func, ast.Attribute):
        return False
    name, owner = node.func.attr, node.func.value
    if name != "open":
        return name in METHODS
    if isinstance(owner, ast.Name) and owner.id in ("os", "io", "gzip", "tarfile", "bz2", "lzma"):
        return True
    modes = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "mode")]
    has_encoding = any(word.arg in ("encoding", "buffering") for word in node.keywords)
    return has_encoding or any(isinstance(m, ast.Constant) and m.value in MODES for m in modes)


@pytest.mark.parametrize(
    ("source", "is_bare"),
    [
        ("open(file)", True),
        ("file.open('rb')", True),
        ("file.open(encoding='utf-8')", True),
        ("os.open(file, os.O_RDONLY)", True),
        ("file.read_text('utf-8')", True),
        ("np.memmap(file)", True),
        ("load_file(file)", True),
        ("load_file(path)", False),
        ("store.open(name)", False),
        ("read_text(file)", False),
    ],
)
def test_a_bare_open_is_recognised(source: str, is_bare: bool) -> None:
    assert bool(bare_opens(source)) == is_bare


def test_no_module_opens_files_by_itself() -> None:
    found = {
        str(file.relative_to(PACKAGE)): lines
        for file in sorted(PACKAGE.rglob("*.py"))
        if (lines := bare_opens(file.read_text(encoding="utf-8")))
    }
    assert {name: lines for name, lines in found.items() if name not in ALLOWED} == {}
    assert sorted(set(ALLOWED) - set(found)) == [], (
        "no longer open files: remove them from the list"
    )
