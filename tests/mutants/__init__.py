"""Seeded faults: each is put into a copy of the compiler, and the tests that guard the op library must notice."""
