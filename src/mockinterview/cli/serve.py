"""`serve`: the app in a browser, by textual-serve. This file hides how the page is kept to its owner and to this machine.

Whoever can open the page drives the app as the person who started it. So it listens on loopback, every address but loopback
needs a token, and no page of another site may talk to it. The page of textual-serve asks fonts.googleapis.com for a font and has
no switch for that: a Content-Security-Policy keeps the browser from it, and the text appears in the browser's monospace font.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import ipaddress
import os
import secrets
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mockinterview.cli.compose import FLAGS, Workshop
from mockinterview.config import ENV_PREFIX
from mockinterview.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from aiohttp import web

COOKIE = "mockinterview"
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
CLOSING = 2.0  # seconds that open pages have to end when the server is stopped


def serve(arguments: argparse.Namespace) -> int:
    """Serve the app until Ctrl+C. Raises SettingsError without the extra `web`, UsageError where the address cannot be used."""
    _ = Workshop.from_arguments(arguments).bank  # what would keep each page from starting is told here, once
    _pass_on(arguments)
    listening = _listen(arguments.host, arguments.port)
    local = is_loopback(arguments.host)
    token = "" if local else secrets.token_urlsafe(24)
    port = listening.getsockname()[1]
    app = make_app(_command(), token, own_names(arguments.host) if local else frozenset())
    _announce(arguments.host, port, token)
    with suppress(KeyboardInterrupt):  # the way to end it
        asyncio.run(_run(app, listening))
    return 0


def _announce(host: str, port: int, token: str) -> None:
    if token:
        sys.stderr.write(
            f"WARNING: {host} can be reached by others. Whoever has the address below drives this app as you and reads your\n"
            "sessions; it travels unencrypted. Safer: leave out --host and use `ssh -L`.\n"
        )
    shown = "127.0.0.1" if not host else socket.gethostname() if _is_any(host) else host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"
    sys.stderr.write(f"Open {address}{f'?token={token}' if token else ''}\nCtrl+C ends it.\n")
    sys.stderr.flush()


def _pass_on(arguments: argparse.Namespace) -> None:
    """Hand flags to the app, which runs once per page as a process of its own, as settings in its environment."""
    for name in FLAGS:
        value = getattr(arguments, name, None)
        if value is not None:
            os.environ[f"{ENV_PREFIX}{name.upper()}"] = str(value)


def _command() -> str:
    """Return the shell command that opens the app on its start screen."""
    return shlex.join([sys.executable, "-m", "mockinterview"])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"Nothing can be served at {host}, port {port}: {error}.", "Choose others with --host and --port."
        ) from error


def is_loopback(host: str) -> bool:
    """Tell whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def own_names(host: str) -> frozenset[str]:
    """Return the names under which a browser on this machine may ask for a loopback address."""
    return frozenset({host, "localhost", "127.0.0.1", "::1"})


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def make_app(command: str, token: str, names: frozenset[str]) -> web.Application:
    """Return the web application that runs `command` for each page.

    With a `token`, only who brings it gets in. `names` are the host names that requests may be for (empty: any): without that
    check, a site that lets its name point to 127.0.0.1 could read along. Raises SettingsError without the extra `web`.
    """
    try:
        from aiohttp import web
        from textual_serve.server import Server
    except ModuleNotFoundError as error:
        raise SettingsError("`serve` needs the extra `web`.", "Install it: pip install 'mockinterview[web]'.") from error

    class Pages(Server):
        """Makes the addresses on the page those that the browser asked for, and says nothing itself."""

        async def handle_index(self, request: web.Request) -> web.StreamResponse:
            self.public_url = f"{request.scheme}://{request.host}"
            return await super().handle_index(request)

        async def on_startup(self, app: web.Application) -> None:
            """Do nothing: the address was told already."""

    @web.middleware
    async def guard(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        _check_origin(request, names)
        if token and not _knows(request.cookies.get(COOKIE, ""), token):
            if not _knows(request.query.get("token", ""), token):
                raise web.HTTPForbidden(text="Open the address with its token, as `mockinterview serve` printed it.")
            answer = web.HTTPFound("/")
            answer.set_cookie(COOKIE, token, httponly=True, samesite="Strict")
            raise answer
        return await handler(request)

    async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(HEADERS)

    app = asyncio.run(Pages(command, title="mockinterview")._make_app())  # noqa: SLF001 - the one way to get at it unstarted
    app.middlewares.append(guard)
    app.on_response_prepare.append(add_headers)
    return app


def _check_origin(request: web.Request, names: frozenset[str]) -> None:
    """Raise HTTPForbidden for a request under another host name, or one that a page of another site makes."""
    from aiohttp import web

    host = urlsplit(f"//{request.host}").hostname
    origin = request.headers.get("Origin")
    if (names and host not in names) or (origin is not None and urlsplit(origin).netloc != request.host):
        raise web.HTTPForbidden(text="This page belongs to another site.")


def _knows(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


async def _run(app: web.Application, listening: socket.socket) -> None:
    from aiohttp import web

    runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=CLOSING)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
