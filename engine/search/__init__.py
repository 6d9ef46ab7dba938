"""From a line of words to ranked moments."""
