"""Models of this folder try what a confined process may not."""
