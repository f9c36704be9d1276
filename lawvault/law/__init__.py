"""The language of statutes, from numerals to citations.  Standard library only, no I/O."""
