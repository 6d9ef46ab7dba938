"""The engine: everything of Kinora but the window."""

__version__ = "0.1.0"
