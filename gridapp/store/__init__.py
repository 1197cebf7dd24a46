"""The local encrypted database: unit of work, outbox, inbox, search, blobs."""
