"""The messages between a front end and the generator process, and their JSON lines."""
