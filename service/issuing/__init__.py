"""Issued reports: how they are made (`drafting`), kept each month (`monthly`) and compared later (`difference`)."""
