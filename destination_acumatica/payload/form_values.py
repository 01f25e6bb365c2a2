"""The old place of what others still import from here."""

from destination_acumatica.fields.field_values import literal as literal
from destination_acumatica.fields.field_values import wanted_form as wanted_form
from destination_acumatica.fields.json_values import as_text as as_text
