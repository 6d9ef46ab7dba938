"""People: who appears where, from the likeness of faces and voices and from what the user said."""
