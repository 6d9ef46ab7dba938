"""The command line: thin commands on the library."""
