"""Threads between the window and the engine."""
