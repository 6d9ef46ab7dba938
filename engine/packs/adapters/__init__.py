"""Adapters: each knows the inputs and outputs of one family of models."""
