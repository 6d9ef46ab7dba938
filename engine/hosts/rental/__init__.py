"""Rented machines: their providers, what to do about each rental, what one would cost, and the way to its node."""

from engine.hosts.rental.runpod import RunPod
from engine.hosts.rental.vast import Vast

PROVIDERS = (Vast, RunPod)
