"""The parts of the sync page: what is to be chosen, what was not accepted, what waits."""
