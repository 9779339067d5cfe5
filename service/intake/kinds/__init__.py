"""One module for each kind of call log, and for the file beside a recording: bytes in, call records out.

A log reader is `read(content, source, zone)`; it raises ServiceError where the whole file cannot be used.
"""
