"""Sessions, each of which holds one license seat: the pool, its pace, and seats shared with other connections."""
