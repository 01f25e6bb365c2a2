"""What is selected of an entity: chosen columns, streams fetched together, and the query they give."""
