"""The long proofs: what takes too long for every change is run in full here."""
