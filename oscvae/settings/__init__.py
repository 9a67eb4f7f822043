"""YAML and JSON read into typed sections, once for everybody, before any clock runs; disks, which have deadlines."""
