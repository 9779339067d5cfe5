"""The store: everything that is kept in the database. Web code asks here and writes no SQL."""
