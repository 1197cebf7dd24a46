"""The parts of the page of late work: a case, its fields, what was decided."""
