"""How the contract-based REST API is spelled: queries, both dialects, and its answers. Pure values and text."""
