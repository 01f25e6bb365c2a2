"""What an endpoint offers: discovery, swagger documents, facts that swagger lacks, custom fields."""

from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import Access, EndpointSchema, EntitySchema, EntityShape, ValueType

__all__ = ["Access", "CustomField", "EndpointSchema", "EntitySchema", "EntityShape", "ValueType"]
