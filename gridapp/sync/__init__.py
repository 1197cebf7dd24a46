"""Between client and server: protocol, merge, transport, engine, schedule."""
