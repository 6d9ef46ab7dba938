"""THE registry of analyzers: a literal tuple, never discovery."""
