"""What `structure` and `provisions` are made of: lines, head, body, quotations, layout."""
