"""Pages in a real Chromium, answered by a service in a process of its own."""
