"""Rented machines: their providers, what to do about each rental, what one would cost, and the way to its node."""
