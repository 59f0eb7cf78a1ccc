"""What the app knows, without widgets: the runs as last read, the prompt session, the view."""
