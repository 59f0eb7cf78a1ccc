"""The form of a new run: its fields, their resolved values, the cost, the command."""
