"""What goes on around the window: starting, a second start, sleep, midnight, defects, coming back."""
