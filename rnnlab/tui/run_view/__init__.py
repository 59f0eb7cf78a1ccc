"""The screen of one run: its settings, files, events and log."""
