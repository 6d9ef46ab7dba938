"""The grid of pictures: painting, pointing, keys and the time line beside it."""
