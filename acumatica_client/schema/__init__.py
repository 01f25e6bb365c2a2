"""What an endpoint offers: discovery, swagger documents, facts that swagger does not tell, custom fields."""
