"""The old place of what others still import from here."""

from destination_acumatica.config.stream_settings import ActionSetting as ActionSetting
from destination_acumatica.config.stream_settings import Parameter as Parameter
from destination_acumatica.config.stream_settings import When as When
from destination_acumatica.fields.field_values import typed as typed
