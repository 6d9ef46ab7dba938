"""The map: its projection, the outline of the world, tiles drawn of it, and the widget that shows them."""
