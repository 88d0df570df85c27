"""One command through one door: lanes, the unit of work, definitions in use, people and rights."""
