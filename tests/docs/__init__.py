"""The documentation: it builds, its links lead somewhere, and what it tells one to type works."""
