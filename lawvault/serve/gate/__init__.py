"""Who may come in, how many, and what is noted of them: keys, limits, errors, metrics, log."""
