"""The pure interpreter: a process, a case, a command and an instant make a decision."""
