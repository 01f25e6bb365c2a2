"""The old place of what others still import from here."""

from destination_acumatica.fields.comparison import NEW_NUMBER as NEW_NUMBER
from destination_acumatica.fields.comparison import compare as compare
from destination_acumatica.fields.comparison import differences as differences
from destination_acumatica.fields.comparison import names_a_record as names_a_record
from destination_acumatica.fields.comparison import same_key as same_key
from destination_acumatica.fields.comparison import same_value as same_value
from destination_acumatica.fields.comparison import shown as shown
from destination_acumatica.fields.comparison import wall_clock as wall_clock
from destination_acumatica.fields.comparison import with_key_of as with_key_of
from destination_acumatica.fields.json_values import decoded as decoded
