"""Logs, measures and health."""
