"""The trail as evidence: its seal, its verification and its export."""
