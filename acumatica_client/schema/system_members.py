"""The members that a payload record may have beside those of its entity: the one list of them."""

from __future__ import annotations

ID = "id"  # the NoteID of a top-level record
NOTE = "note"  # {"value": text}
CUSTOM = "custom"  # {view: {field: {"type": .., "value": ..}}}
FILES = "files"  # only where `$expand=files` asks for them
ROW_NUMBER = "rowNumber"  # counts the rows of one answer
ERROR = "error"  # what Acumatica says about a refused record
LINKS = "_links"
WORKFLOW_ACTIONS = "_workflowActions"
DELETE = "delete"  # only in requests: `{"id": .., "delete": true}` deletes a detail line

# What a record keeps when it is read.
RECORD_MEMBERS = frozenset({ID, NOTE, CUSTOM, FILES})
# What only answers have; a PUT does not take it.
ANSWER_MEMBERS = frozenset({ROW_NUMBER, FILES, ERROR, LINKS, WORKFLOW_ACTIONS})
# What an answer may have. `delete` is not among them.
SYSTEM_MEMBERS = RECORD_MEMBERS | ANSWER_MEMBERS
