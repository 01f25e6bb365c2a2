"""Namespaces of configured streams: what is told of a stream is told in its own. Discovery gives none.

A state that does not name the namespace is not found again by whoever asks for it with one (the CDK does), and the
stream would be read from its beginning in every sync.
"""

from __future__ import annotations

from contextlib import closing

from airbyte_cdk.models import AirbyteMessage, ConfiguredAirbyteCatalog, StreamDescriptor

from source_acumatica.cdk.messages import Messages, RecordPage


def in_namespaces(messages: Messages, configured: ConfiguredAirbyteCatalog) -> Messages:
    """The same messages, each in the namespace of the stream that it tells of."""
    spaces = {entry.stream.name: entry.stream.namespace for entry in configured.streams if entry.stream.namespace}
    with closing(messages):
        for message in messages:
            if isinstance(message, RecordPage):
                message.namespace = spaces.get(message.stream)
            elif (told_of := _stream_of(message)) is not None:
                told_of.namespace = spaces.get(told_of.name)
            yield message


def _stream_of(message: AirbyteMessage) -> StreamDescriptor | None:
    if message.state is not None and message.state.stream is not None:
        return message.state.stream.stream_descriptor
    if message.trace is not None and message.trace.stream_status is not None:
        return message.trace.stream_status.stream_descriptor
    return message.trace.error.stream_descriptor if message.trace is not None and message.trace.error else None
