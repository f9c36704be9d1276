"""Data that ships with the project; README.md beside this file says what it is."""
