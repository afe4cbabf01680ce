"""Redaction: secrets are taken out of whatever is kept: tables, checkpoints, recordings, reasons, exports.

What works sees everything as it is; what stays behind reads `[secret]`. Known are keys by their makers'
prefixes, values by the words before them, and strings drawn by lot by their entropy. Not known is a password
that stands alone and reads like a word.
"""

from core.redaction.texts import SECRET, has_secret, redact, redacted, replaced, secret_spans

__all__ = ["SECRET", "has_secret", "redact", "redacted", "replaced", "secret_spans"]
