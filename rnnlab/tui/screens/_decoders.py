"""Choose decoders from the registry, several at once."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import SelectionList, Static
from textual.widgets.selection_list import Selection

from rnnlab import registry
from rnnlab.display import visible


class DecodersScreen(ModalScreen[list[str] | None]):
    """Gives the specs, those that were there already as they were written."""

    BINDINGS = [("escape", "dismiss(None)", "Cancel"), ("enter", "take", "Take")]

    def __init__(self, specs: Sequence[str]) -> None:
        super().__init__()
        self._specs = list(specs)

    def compose(self) -> ComposeResult:
        """List what is in use, then every other decoder."""
        used = {spec.partition(":")[0] for spec in self._specs}
        rows = [Selection(_row(spec), spec, True) for spec in self._specs]
        rows += [
            Selection(_row(name), name) for name in registry.names("decoding") if name not in used
        ]
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Decoders"
            yield Static(Text("space takes or drops, enter closes, esc cancels", "dim"))
            yield SelectionList[str](*rows)

    def key_enter(self) -> None:
        """Close with what is selected."""
        self.action_take()

    def action_take(self) -> None:
        """Close with what is selected, in the order of the list."""
        chosen = set(self.query_one(SelectionList).selected)
        known = [*self._specs, *registry.names("decoding")]
        self.dismiss([spec for spec in dict.fromkeys(known) if spec in chosen])


def _row(spec: str) -> Text:
    name = spec.partition(":")[0]
    known = name in registry.names("decoding")
    summary = registry.summary("decoding", name) if known else "unknown"
    return Text.assemble((f"{visible(spec):<20}", "bold"), " ", (summary, "dim"))
