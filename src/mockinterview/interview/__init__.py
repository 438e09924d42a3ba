"""The interview: what comes next (pure), and the loop that does it."""
