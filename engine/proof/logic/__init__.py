"""What guards say, as formulas: read from their checked syntax trees, and decided by representatives or by z3."""
