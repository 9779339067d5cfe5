"""Pages through HTTP, as a browser without scripts sees them."""
