"""Gates at the door of memory: what may not become an item, why, and the form in which it is kept aside.

An item must hold in incidents that nobody has seen yet, so it carries no value of an entity; it is read by
models, so it carries no secret, no hidden character and no instruction; and what a distiller read in a log
was written by whoever writes to the log (OWASP ASI06, memory poisoning). What fails is kept aside, masked.

The gates know forms and wordings. An order in fresh words passes them: that it must not be copied from what
was observed, and that several tasks must bear an item out, are what stands in its way.
"""

from core.redaction import redact
from memory.gates.abstraction import contains_entity_value
from memory.gates.inspection import Inspection, inspect, refusal, text_refusal
from memory.gates.masking import masked
from memory.gates.shape import CUE_PATTERN, MAX_CONTENT, MAX_CUE_PATTERN, MAX_FIELD, MAX_TEMPLATE

__all__ = [
    "CUE_PATTERN",
    "MAX_CONTENT",
    "MAX_CUE_PATTERN",
    "MAX_FIELD",
    "MAX_TEMPLATE",
    "Inspection",
    "contains_entity_value",
    "inspect",
    "masked",
    "redact",
    "refusal",
    "text_refusal",
]
