"""Evaluate school-to-school collaborations from published tables."""

__version__ = "0.1.0"
