"""What the user does, one line each: from a page to the store and back as a future."""
