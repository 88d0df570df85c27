"""The commands of `yishi`, a file for each group."""
