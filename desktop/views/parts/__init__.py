"""Widgets that the views are put together from."""
