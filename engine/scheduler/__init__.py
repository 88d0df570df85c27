"""What wakes by itself: the sweep of deadlines, the sealer and the relay, each run once at a time."""
