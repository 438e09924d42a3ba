"""The app in a browser: who gets in, what the page may load, and that it really runs."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

from mockinterview.cli import main
from mockinterview.cli.serve import COOKIE, is_loopback, make_app, own_names

pytest.importorskip("textual_serve", reason="the extra `web` is not installed")

from aiohttp import ClientSession, DummyCookieJar, WSMsgType
from aiohttp.test_utils import TestClient, TestServer

LOCAL = own_names("127.0.0.1")


@pytest.fixture
async def visit():
    """Return a function that opens a client of the pages; `true` stands in for the app."""
    clients = []

    async def open_client(token="", names=LOCAL):
        app = await asyncio.to_thread(make_app, "true", token, names)
        client = TestClient(TestServer(app), cookie_jar=DummyCookieJar())
        await client.start_server()
        clients.append(client)
        return client

    yield open_client
    for client in clients:
        await client.close()


async def test_the_page_may_load_nothing_from_elsewhere(visit):
    """The policy of every answer names this address alone, so the font of textual-serve's page is not fetched."""
    client = await visit()
    page = await client.get("/")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert not any(word in rule for rule in policy.values() for word in ("http", "*", "//"))
    assert f"ws://{client.host}:{client.port}/ws" in await page.text()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:99"}, 200),
        ({"Host": "[::1]:99"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example:99"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:99", "Origin": "http://localhost:98"}, 403),
        ({"Host": "localhost:99", "Origin": "http://localhost:99"}, 200),
    ],
)
async def test_pages_of_other_sites_stay_out(visit, headers, status):
    """Neither a name that points to 127.0.0.1 nor a script elsewhere can talk to the app."""
    client = await visit()
    assert (await client.get("/", headers=headers)).status == status
    if status == 403:
        assert (await client.get("/ws", headers=headers)).status == 403


@pytest.mark.parametrize("path", ["/", "/ws", "/static/js/textual.js", "/?token=wrong", "/ws?token="])
async def test_without_the_token_nothing_is_shown(visit, path):
    """A wrong token, an empty one, none: all get the same refusal."""
    client = await visit("the-token", frozenset())
    answer = await client.get(path)
    assert answer.status == 403
    assert "token" in await answer.text()


async def test_the_token_opens_the_page_and_leaves_the_address(visit):
    """It moves into a cookie that no script can read and no other site makes the browser send."""
    client = await visit("the-token", frozenset())
    first = await client.get("/?token=the-token", allow_redirects=False)
    cookie = first.cookies[COOKIE]
    assert (first.status, first.headers["Location"]) == (302, "/")
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
    assert (await client.get("/", headers={"Cookie": f"{COOKIE}=the-token"})).status == 200
    assert (await client.get("/", headers={"Cookie": f"{COOKIE}=the-tokem"})).status == 403


@pytest.mark.parametrize(
    ("host", "local"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("127.9.9.9", True), ("0.0.0.0", False),
                        ("::", False), ("", False), ("192.168.1.5", False), ("example.org", False)]
)  # fmt: skip
def test_what_is_loopback(host, local):
    """Whatever is not surely this machine alone needs a token."""
    assert is_loopback(host) is local


def test_a_port_that_is_taken(home, corpus, capsys):
    """One sentence and the remedy."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert main(["serve", "--port", str(other.getsockname()[1]), "--corpus", corpus]) == 2
    assert "--port" in capsys.readouterr().err


def test_without_the_extra(home, corpus, monkeypatch, capsys):
    """One sentence with the remedy, exit code 2."""
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    assert main(["serve", "--port", "0", "--corpus", corpus]) == 2
    assert "pip install 'mockinterview[web]'" in capsys.readouterr().err


def started(*flags):
    """Return the process of `serve` at a free port, and the address that it printed after its other lines."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mockinterview", "serve", "--port", "0", *flags], stderr=subprocess.PIPE, text=True, env=os.environ
    )
    lines = []
    for line in process.stderr:
        lines.append(line)
        if found := re.match(r"Open (http\S+)", line):
            return process, found[1], "".join(lines)
    raise AssertionError("".join(lines))


async def test_the_app_runs_behind_the_page_until_it_is_stopped(home, corpus):
    """The app of that bank draws itself through the web socket; Ctrl+C ends server and app, with exit code 0."""
    process, address, said = started("--corpus", corpus)
    try:
        assert "WARNING" not in said
        drawn = b""
        async with (
            ClientSession() as session,
            session.ws_connect(f"{address}ws?width=100&height=30", origin=address.rstrip("/")) as page,
        ):
            await page.send_str(json.dumps(["resize", {"width": 100, "height": 30}]))
            async with asyncio.timeout(40):
                while b"mockinterview" not in drawn:
                    message = await page.receive()
                    assert message.type in (WSMsgType.BINARY, WSMsgType.TEXT)
                    drawn += message.data if isinstance(message.data, bytes) else b""
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(20):
                assert await asyncio.to_thread(process.wait) == 0
    finally:
        process.kill()
        process.communicate()


def test_every_address_needs_a_token_and_a_warning(home, corpus):
    """Beyond loopback the address carries a token, and what that means is said before."""
    process, address, said = started("--host", "0.0.0.0", "--corpus", corpus)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert re.search(r"\?token=[\w-]{32}$", address)
    assert said.startswith("WARNING")
