"""ExCyTIn-Bench: questions over the logs of real incidents (microsoft/SecRL)."""
