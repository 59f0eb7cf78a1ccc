"""The frame around every screen: base class, registry, panes, keys that hold everywhere."""
