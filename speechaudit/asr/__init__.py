"""The hearing room: audio in, words out."""
