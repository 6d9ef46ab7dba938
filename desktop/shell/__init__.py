"""The frame of the window: navigation, status strip, drop target, command palette, state."""
