"""The old place of what others still import from here."""

from destination_acumatica.fields.field_paths import Place as Place
from destination_acumatica.fields.field_paths import PlaceKind as PlaceKind
from destination_acumatica.fields.field_paths import comparable as comparable
from destination_acumatica.fields.field_paths import find_place as find_place
from destination_acumatica.fields.field_paths import holds_attributes as holds_attributes
from destination_acumatica.fields.field_paths import is_read_only as is_read_only
from destination_acumatica.fields.field_paths import suggestion as suggestion
from destination_acumatica.fields.field_paths import wire_path as wire_path
