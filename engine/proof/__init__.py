"""What is known of a definition before it runs: lint, soundness and the designer's own scenarios."""
