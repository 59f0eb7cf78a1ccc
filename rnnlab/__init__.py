"""rnnlab: a terminal lab for recurrent networks on text."""

import os

# Pydantic would search all installed packages for plugins, in a twentieth of a second.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

__version__ = "0.1.0"
