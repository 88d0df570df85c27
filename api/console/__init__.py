"""Pages for a browser: plain, rendered on the server, without any script."""
