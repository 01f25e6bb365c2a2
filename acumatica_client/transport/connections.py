"""Connections that show whether a request left: what fails before its last byte was written cannot be acted on.

    look up, connect      urllib3's NewConnectionError, ConnectTimeoutError     not sent
    proxy tunnel, TLS     NotSent, HandshakeFailed                              not sent
    write the request     NotSent                                               not sent as a whole
    wait, read            anything else                                         may have been acted on

urllib3 gives the third and the fourth line one type (ProtocolError), and a failed handshake the type of a connection
that broke in the middle of an answer (SSLError). So the connections here name what failed themselves.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Literal

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import HTTPResponse

Open = Callable[[str, int], socket.socket]


class NotSent(ConnectionError):
    """The connection broke before the request was written as a whole."""


class HandshakeFailed(ssl.SSLError):
    """TLS failed before the request; the words are those of OpenSSL."""


# urllib3 reads on after these: a server that closed its side early may have answered before.
_CUT_OFF = frozenset({errno.EPIPE, errno.ECONNRESET, errno.EPROTOTYPE})


@contextmanager
def _before_the_answer() -> Iterator[None]:
    try:
        yield
    except (NotSent, HandshakeFailed):
        raise
    except ssl.SSLError as error:
        raise HandshakeFailed(*error.args) from error
    except OSError as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error


class _Plain(HTTPConnection):
    _cut_off = False

    def connect(self) -> None:
        with _before_the_answer():
            super().connect()

    def request(self, *given: object, **options: object) -> None:
        self._cut_off = False
        try:
            super().request(*given, **options)  # type: ignore[arg-type]
        except OSError as error:
            self._cut_off = error.errno in _CUT_OFF
            if self._cut_off or isinstance(error, NotSent):
                raise
            raise NotSent(f"{type(error).__name__}: {error}") from error

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        try:
            return super().getresponse()
        except (OSError, HTTPException) as error:
            if self._cut_off:
                raise NotSent(f"{type(error).__name__}: {error}") from error
            raise


class _Secure(_Plain, HTTPSConnection):
    """The same with TLS."""


def pools(open_: Open | None) -> dict[Literal["http", "https"], type[HTTPConnectionPool]]:
    """urllib3's pools with such connections, opened by `open_` where it is given; urllib3's SOCKS support does it the
    same way."""

    def opened(connection: HTTPConnection, opener: Open) -> socket.socket:
        stream = opener(connection.host, connection.port or 0)
        stream.settimeout(connection.timeout if isinstance(connection.timeout, (int, float)) else None)
        return stream

    class Plain(_Plain):
        def _new_conn(self) -> socket.socket:
            return opened(self, open_) if open_ else super()._new_conn()

    class Secure(_Secure):
        def _new_conn(self) -> socket.socket:
            return opened(self, open_) if open_ else super()._new_conn()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
