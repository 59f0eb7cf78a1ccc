"""How a text is cut into batches: one file a task."""
