"""Tasks: ways to divide a corpus into splits and batches; one file per task."""
