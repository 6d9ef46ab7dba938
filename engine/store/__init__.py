"""The library on the disk: the only place with SQL."""
