"""Templates: read and checked, asked as a form, filled with answers to become a document."""
