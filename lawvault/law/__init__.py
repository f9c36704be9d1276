"""The language of statutes: numerals, names, validity.  Standard library only, no I/O."""
