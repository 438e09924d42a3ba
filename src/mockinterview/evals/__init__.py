"""Rubric regression runs: did the interviewing or the grading get worse, and where? Suites, figures, baseline, reports."""
