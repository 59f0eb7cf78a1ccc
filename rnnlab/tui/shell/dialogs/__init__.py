"""Dialogs that any screen can open; none knows a run."""
