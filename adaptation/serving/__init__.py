"""What comes of an adapter: merged, exported, written for other servers, or answering live."""
