"""What else places items on machines: each peer returns a packing of a fleet in the time given, or none."""
