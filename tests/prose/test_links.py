"""Every link between the documents leads to a file, and to a heading if it names one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.prose.texts import ROOT, documents, name_of


def anchors(file: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", [name_of(file) for file in documents()])
def test_every_link_leads_somewhere(document: str) -> None:
    file = ROOT / document
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (file.parent / path) if path else file
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_the_readme_opens_with_its_two_commands_and_links_every_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = readme.splitlines()
    assert [line.split("#")[0].strip() for line in lines[2:4]] == ["make run", "make test"]
    assert len(lines) <= 150
    pages = [name_of(file) for file in documents() if file.parent.name == "docs"]
    assert not [page for page in pages if f"]({page})" not in readme]


@pytest.mark.parametrize("page", [name_of(f) for f in documents() if f.parent.name == "docs"])
def test_the_first_paragraph_of_a_page_names_its_audience(page: str) -> None:
    first = (ROOT / page).read_text(encoding="utf-8").split("\n\n")[1]
    assert first.startswith("This page is for ")
