"""All that a case can do, as far as it decides where it can go: explored once for each definition, and asked by the rules on behaviour."""
