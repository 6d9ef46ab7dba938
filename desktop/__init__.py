"""The window of Kinora."""
