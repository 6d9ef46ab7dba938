"""The parts of the packs view."""
