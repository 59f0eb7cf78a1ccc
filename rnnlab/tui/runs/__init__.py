"""The runs in the app: table, filter, details, errors, actions."""
