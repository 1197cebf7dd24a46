"""The parts of the visit form, each with its inputs, what a draft keeps of them, and what is wrong with them."""
