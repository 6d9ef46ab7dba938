"""The parts of the library view."""
