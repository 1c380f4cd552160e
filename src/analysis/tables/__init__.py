"""The study's own tables: made from the published ones, and the claims checked against them."""
