"""Statistical methods as pure functions on arrays; they know nothing of schools, files or pages."""
