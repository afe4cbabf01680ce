"""What a set of ideas is worth as a set: spread, yield, ratings by people, rediscovery, arms compared."""
