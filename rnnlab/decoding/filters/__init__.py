"""What is done to a distribution before a search sees it: one file a filter."""
