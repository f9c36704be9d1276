"""Benchmarks: never part of the tests, run by `make bench` on a quiet machine."""
