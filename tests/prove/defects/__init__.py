"""Seeded defects: published mutation operators applied to the shipped workflows, and what finds them: lint, or else a scenario."""
