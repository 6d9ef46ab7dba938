"""Reading files: what they are, what they say of themselves, and their pixels, sound and words."""
