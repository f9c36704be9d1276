"""A question in, articles out: by meaning, by words, by address."""
