"""The ASGI application: HTTP messages to Request values, Reply values to HTTP messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from datetime import timezone
from email.utils import format_datetime
from typing import Any

from acumatica_emulator.server.connections import Connections
from acumatica_emulator.server.control import CONTROL, control
from acumatica_emulator.server.instance import Instance
from acumatica_emulator.site.http import Reply, Request, Response
from acumatica_emulator.site.refusals import custom_error_text, message_only
from acumatica_emulator.site.throttle import Admission

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Application:
    """The ASGI application around an instance."""

    def __init__(self, instance: Instance, connections: Connections) -> None:
        self.instance = instance
        self._connections = connections
        self._sessions: dict[str, asyncio.Lock] = {}
        self._core_free = asyncio.Condition()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        head = _head(scope)
        if self.instance.resets(head):
            self._connections.drop(scope.get("client"))
            return
        request = replace(head, body=await _body(receive))
        if request.path.startswith(CONTROL):
            await self._send(send, Reply(control(self.instance, request)))
            return
        async with self._session_lock(request):
            reply = await self._answer(request)
        if reply.cut == 0:
            self._connections.drop(scope.get("client"))
            return
        await self._send(send, reply)

    async def _send(self, send: Send, reply: Reply) -> None:
        """The Date of an answer is the instance's time, which may be skewed from the host's."""
        now = self.instance.clock.now().replace(tzinfo=timezone.utc)
        reply.response.headers.append(("Date", format_datetime(now, usegmt=True)))
        await _send(send, reply)

    def _session_lock(self, request: Request) -> asyncio.Lock:
        """Requests of one session are served one after the other, as the session state of IIS requires."""
        token = self.instance.session_of(request)
        if not token:
            return asyncio.Lock()
        if len(self._sessions) > 1000:
            self._sessions = {known: lock for known, lock in self._sessions.items() if lock.locked()}
        return self._sessions.setdefault(token, asyncio.Lock())

    async def _answer(self, request: Request) -> Reply:
        gate = self.instance.gate
        path = request.path.lower()
        admission = gate.arrive(
            self.instance.clock.now(), counted="/status/" not in path, queues=not path.endswith("/auth/logout")
        )
        if admission.declined:
            return Reply(self._declined())
        if admission.delay:
            await self._hold_back(admission)
        if admission.queued and not await self._wait_for_core():
            return Reply(self._declined())
        gate.running += 1
        try:
            reply = self.instance.answer(request)
            if reply.delay:
                await asyncio.sleep(reply.delay)
            return reply
        finally:
            gate.running -= 1
            async with self._core_free:
                self._core_free.notify()

    async def _hold_back(self, admission: Admission) -> None:
        """Wait as the quota requires; beyond the quota in one of the queue's places."""
        gate = self.instance.gate
        gate.waiting += admission.over
        try:
            await asyncio.sleep(admission.delay)
        finally:
            gate.waiting -= admission.over

    async def _wait_for_core(self) -> bool:
        gate, behavior = self.instance.gate, self.instance.behavior
        gate.waiting += 1
        try:
            async with self._core_free:
                free = self._core_free.wait_for(lambda: gate.running < behavior.cores or behavior.cores <= 0)
                await asyncio.wait_for(free, behavior.queue_minutes * 60)
            return True
        except asyncio.TimeoutError:
            return False
        finally:
            gate.waiting -= 1

    def _declined(self) -> Response:
        """A declined request: 429 in one of the forms reported, Retry-After only with its switch."""
        behavior = self.instance.behavior
        refusal = (
            custom_error_text(429)
            if behavior.decline_form == "text"
            else message_only(429, "The request was declined.")
        )
        headers = list(refusal.headers.items())
        if behavior.retry_after:
            headers.append(("Retry-After", str(behavior.retry_after)))
        return Response(429, refusal.body.encode(), headers)


def _head(scope: Scope) -> Request:
    """The request without its body."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
    query = scope["query_string"].decode("latin-1")
    return Request(scope["method"], path, query, headers, b"", headers.get("host", "127.0.0.1"))


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def _send(send: Send, reply: Reply) -> None:
    response = reply.response
    body = response.body if reply.truncate is None else response.body[: reply.truncate]
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if reply.cut is not None and reply.cut < len(body):
        # Fewer bytes than announced: the server drops the connection when the application ends without the rest.
        await send({"type": "http.response.body", "body": body[: reply.cut], "more_body": True})
        return
    await send({"type": "http.response.body", "body": body})
