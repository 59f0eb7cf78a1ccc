"""Dialogs that any screen can open; they do not know runs."""
