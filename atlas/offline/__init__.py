"""The investigator, the Teacher and the distiller that need no language model."""
