"""Recognisers that somebody added: converted, checked, and kept in a folder under a name of their own."""
