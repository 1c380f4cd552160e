"""Declared questions, the gate that says what may be said, and the way to an estimate."""
