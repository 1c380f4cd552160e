"""Pictures: each knows its title, measure, alt text and the data behind it."""
