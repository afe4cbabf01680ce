"""What methods are made of: layers beside or around those of the base, and what plans and shares them."""
