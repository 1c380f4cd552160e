"""What enters a page, how chapters are run, and how pages are published."""
