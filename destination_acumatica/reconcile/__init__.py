"""What must be sent so that a record in Acumatica becomes what the document says."""
