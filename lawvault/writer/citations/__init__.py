"""A document and the law: citations held against it, told in notes, and checked again later."""
