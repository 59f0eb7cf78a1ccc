"""The runs in the app: polling, table, filter, details, errors, actions."""
