"""The frame around every screen: base class, registry, panes, dialogs."""
