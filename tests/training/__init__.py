"""Tests of training; a package, because a name like test_config exists elsewhere too."""
