"""Windows that are watched while they are used: for the benches and the doctor."""
