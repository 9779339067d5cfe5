"""One module for each page; its template and its test have the same name."""
