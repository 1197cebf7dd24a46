"""Reading Excel files safely: for the roster of a grid and for the staff of a server alike."""
