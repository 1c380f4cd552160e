"""From a published file to a typed table."""
