"""The panes and parts of the lab; each takes data and emits messages."""
