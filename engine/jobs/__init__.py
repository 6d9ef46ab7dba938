"""The durable queue and the loop of a worker."""
