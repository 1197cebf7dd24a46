"""Photos on their way into a form: where they come from, which are chosen, how they are shown in grids."""
