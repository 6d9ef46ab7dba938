"""The front on the network: nodes that take orders, libraries that are asked, over HTTP."""
