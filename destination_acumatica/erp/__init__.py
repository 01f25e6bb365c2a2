"""The ERP as the destination sees it: an endpoint, reads and searches, and what became of a record."""
