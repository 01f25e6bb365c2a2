"""Where rejected records are kept for a person: lines, names, a folder or a bucket. Knows nothing of why they were."""

from __future__ import annotations
