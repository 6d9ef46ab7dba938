"""A Dask cluster as a host: bytes go in, bytes come out, and the Dask client lives in a process of its own."""

from engine.hosts.cluster.opener import ClusterOpener, place

__all__ = ["ClusterOpener", "place"]
