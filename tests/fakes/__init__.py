"""Providers of rented machines that cost nothing: as documented, with the faults that real ones have."""
