"""One module a format: a file -> its articles, or its plain text; what cannot be read is named."""
