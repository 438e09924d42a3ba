"""Grading: one answer and one question become an assessment."""
