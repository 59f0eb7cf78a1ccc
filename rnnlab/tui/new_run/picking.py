"""Fill in a field of the form from its list of choices, or by completing its text."""

from __future__ import annotations

import asyncio

from rnnlab.tui.new_run.choices import choices_of, completion_of
from rnnlab.tui.new_run.setting_field import SettingField
from rnnlab.tui.shell.dialogs.pick import PickScreen


async def pick(field: SettingField) -> None:
    """Open the choices of a field; a folder that is picked opens the list of its files."""
    await _keys_typed(field)
    part = words = field.input.value.strip()
    while True:
        choices = await asyncio.to_thread(choices_of, field.kind, part)
        picked = await field.app.push_screen_wait(
            PickScreen(field.kind.title, choices, part or field.input.placeholder, words)
        )
        if picked is None:
            return
        field.write(picked)
        if not picked.endswith("/"):
            return
        part, words = picked, ""


async def complete(field: SettingField) -> bool:
    """Complete the text of a field, or open the list of its completions; False without any."""
    await _keys_typed(field)
    part = field.input.value
    if field.kind.choices is None or not part:
        return False
    longest, is_ambiguous = await asyncio.to_thread(completion_of, field.kind, part)
    if longest != part:
        field.write(longest)
    elif is_ambiguous:
        await pick(field)
    return longest != part or is_ambiguous


async def _keys_typed(field: SettingField) -> None:
    """Wait until the field has its earlier keys: on a slow connection they arrive together."""
    typed = asyncio.Event()
    field.input.call_later(typed.set)
    await typed.wait()
