"""The tree of a search: where candidates differ, which branches were pruned and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from rnnlab.base.display import visible
from rnnlab.protocol.messages import END_MARK, EOS

if TYPE_CHECKING:
    from rnnlab.decoding import Branch


class SearchTree(Tree[None]):
    """Show the tree of a search; branches can be folded."""

    BORDER_TITLE = "Tree"

    def __init__(self) -> None:
        super().__init__("", id="search-tree")

    def show(self, prompt: str, root: Branch | None) -> None:
        """Show the tree of a search, all branches unfolded."""
        self.clear()
        self.root.set_label(Text(visible(prompt, newline="⏎")[-40:] or "(no prompt)", "bold"))
        if root is None:
            self.root.add_leaf(Text("no search: prompt with a decoder such as beam:k=5", "dim"))
        else:
            if root.tokens:
                self.root.set_label(
                    Text.assemble(self.root.label, _text(root), (_figure(root), "dim"))
                )
            self._grow(self.root, root)
        self.root.expand_all()

    def _grow(self, node: TreeNode[None], branch: Branch) -> None:
        waiting = [(node, branch)]
        while waiting:
            node, branch = waiting.pop()
            for child in branch.branches:
                if child.branches:
                    waiting.append((node.add(_label(child)), child))
                else:
                    node.add_leaf(_label(child))


def _label(branch: Branch) -> Text:
    if not branch.is_alive:
        return Text(f"✗ {_text(branch)}{_figure(branch)} {branch.fate}", "dim")
    fate = f" {branch.fate}" if branch.fate else ""
    return Text.assemble(_text(branch), (f"{_figure(branch)}{fate}", "dim"))


def _text(branch: Branch) -> str:
    letters = "".join(END_MARK if token == EOS else token for token in branch.tokens)
    return visible(letters, newline="⏎")


def _figure(branch: Branch) -> str:
    return f"  {branch.logprob:.2f}"
