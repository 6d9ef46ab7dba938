"""Exporters and drafts: pure functions that turn what is known into files for other programs."""
