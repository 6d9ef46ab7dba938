"""The parts of the people view."""
