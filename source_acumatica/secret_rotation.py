"""Names of connector_runtime.secret_rotation for the rest of the source."""

from connector_runtime.secret_rotation import Announce, with_secrets_handled

__all__ = ["Announce", "with_secrets_handled"]
