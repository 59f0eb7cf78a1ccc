"""The form of a new run: its fields and their values, the command."""
