"""What `references` is made of: addresses, names, words that point back, where they stand."""
