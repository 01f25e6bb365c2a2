"""The old place of what others still import from here."""

from destination_acumatica.fields.json_values import NULL as NULL
from destination_acumatica.fields.json_values import is_blank as is_blank
from destination_acumatica.fields.json_values import kind_of as kind_of
from destination_acumatica.fields.json_values import members_of as members_of
from destination_acumatica.fields.json_values import rows_of as rows_of
from destination_acumatica.fields.json_values import scalar_text as scalar_text
from destination_acumatica.fields.json_values import value_at as value_at
