"""A whole installation as a folder, and back: database, sound, rules and settings, each file with its checksum."""
