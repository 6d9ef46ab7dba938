"""A machine that one may log in to: its key is checked, Kinora's own files are put there, and a node is started."""
