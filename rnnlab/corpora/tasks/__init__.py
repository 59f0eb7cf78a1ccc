"""Tasks: how a corpus is split and divided into batches; one file per task."""
