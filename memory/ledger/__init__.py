"""Writing: item-level operations, each one transaction with version, audit event and outbox row."""
