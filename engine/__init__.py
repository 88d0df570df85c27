"""Yishi 议事: consultation processes as state machines, decided purely and recorded once."""
