"""The question bank: reading it from YAML files, and proving what can be proved about it."""
