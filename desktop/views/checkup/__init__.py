"""The parts of the health view."""
