"""The old place of `config.reject_settings`."""

from destination_acumatica.config.reject_settings import Limits, OnRecordError

__all__ = ["Limits", "OnRecordError"]
