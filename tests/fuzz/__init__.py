"""Specs by chance: what a person would never write, and what they nearly would. `make fuzz` runs it for ten minutes."""
