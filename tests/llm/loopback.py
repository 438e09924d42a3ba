"""An OpenAI-compatible server on loopback that does what it is told: good replies and every kind of fault.

`server.script` holds one act per chat request, in order; when it is used up, `server.otherwise` acts. An act is a function of the
handler and the request's body; the functions below make the usual ones.
"""

import json
import os
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Writes what the act of the script says."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body right behind its headers would otherwise wait 40 ms

    def log_message(self, *args):
        """Say nothing."""

    def do_GET(self):
        """Answer for the list of models and what else is set in `pages`."""
        self.server.owner.seen.append(("GET", self.path, dict(self.headers), None))
        code, body, kind = self.server.owner.pages.get(self.path, (404, b'{"error": {"message": "not found"}}', "application/json"))
        if callable(body):
            body(self, None)
            return
        send(self, body, code=code, kind=kind)

    def do_POST(self):
        """Act for a chat request."""
        owner = self.server.owner
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        owner.seen.append(("POST", self.path, dict(self.headers), body))
        owner.asked.set()
        if self.path in owner.pages:
            code, content, kind = owner.pages[self.path]
            send(self, content, code=code, kind=kind)
        elif not self.path.endswith("/chat/completions"):
            send(self, b'{"error": {"message": "not found"}}', code=404)
        else:
            with owner.lock:
                act = owner.script.pop(0) if owner.script else owner.otherwise
            act(self, body)


class Server(ThreadingHTTPServer):
    """A server whose connections may break without a traceback."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        """Ignore that a client went away: several tests make it do so."""


class Loopback:
    """The running server. `seen` lists (method, path, headers, body) of all requests."""

    def __init__(self):
        self.script, self.seen, self.pages = [], [], {}
        self.otherwise = say("fine")
        self.lock, self.asked, self.released = threading.Lock(), threading.Event(), threading.Event()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.lists("scripted")

    @property
    def url(self):
        """The address up to /v1."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def chats(self):
        """The bodies of all chat requests."""
        return [body for method, path, _, body in self.seen if method == "POST" and path.endswith("/chat/completions")]

    def lists(self, *names, **more):
        """Let the list of models have these names, each with some more fields."""
        rows = [{"id": name, "object": "model", **more} for name in names]
        self.pages["/v1/models"] = (200, json.dumps({"object": "list", "data": rows}).encode(), "application/json")

    def close(self):
        """Stop the server and let go of all requests that hang."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


def send(handler, body, code=200, kind="application/json", headers=()):
    """Write a whole response."""
    handler.send_response(code)
    handler.send_header("content-type", kind)
    handler.send_header("content-length", str(len(body)))
    for name, value in headers:
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def completion(text, finish="stop", usage=(20, 10), **message):
    """Return the body of a completion."""
    data = {
        "id": "c", "object": "chat.completion", "created": 0, "model": "scripted",
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, **message}}],
    }  # fmt: skip
    if usage:
        data["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    return json.dumps(data).encode()


def _begin_stream(handler):
    handler.send_response(200)
    handler.send_header("content-type", "text/event-stream")
    handler.send_header("connection", "close")
    handler.end_headers()
    handler.close_connection = True


def _chunk(handler, delta, finish=None):
    data = {
        "id": "c", "object": "chat.completion.chunk", "created": 0, "model": "scripted",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }  # fmt: skip
    handler.wfile.write(f"data: {json.dumps(data)}\n\n".encode())
    handler.wfile.flush()


def reply(body):
    """Act: a whole reply with this body, whether or not a stream was asked for."""
    return lambda handler, _: send(handler, body)


def say(text, finish="stop", usage=(20, 10)):
    """Act: this text, as a stream of words where one was asked for."""

    def act(handler, body):
        if not body.get("stream"):
            send(handler, completion(text, finish or None, usage))
            return
        _begin_stream(handler)
        words = text.split(" ")
        for number, word in enumerate(words):
            _chunk(handler, {"content": word if number == len(words) - 1 else f"{word} "})
        if finish:
            _chunk(handler, {}, finish)
        if usage:
            tokens = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
            line = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "scripted", "choices": [], "usage": tokens}
            handler.wfile.write(f"data: {json.dumps(line)}\n\n".encode())
        if finish:
            handler.wfile.write(b"data: [DONE]\n\n")

    return act


def status(code, message="no", headers=()):
    """Act: an error status with a message."""
    return lambda handler, _: send(handler, json.dumps({"error": {"message": message}}).encode(), code=code, headers=headers)


def raw(body, kind="application/json", code=200):
    """Act: any bytes of any type."""
    return lambda handler, _: send(handler, body, code=code, kind=kind)


def hang(handler, _):
    """Act: never answer."""
    handler.server.owner.released.wait()


def reset(handler, _):
    """Act: reset the connection."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    os.close(handler.connection.detach())


def after(text, then):
    """Act: begin a stream with this text, then do something else with the connection."""

    def act(handler, body):
        _begin_stream(handler)
        _chunk(handler, {"content": text})
        then(handler, body)

    return act


def trickle(handler, _):
    """Act: a body that never ends, byte by byte."""
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", "1000000")
    handler.end_headers()
    while not handler.server.owner.released.wait(0.02):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def endless(word):
    """Act: a stream that repeats a word without end."""

    def act(handler, _):
        _begin_stream(handler)
        while not handler.server.owner.released.is_set():
            _chunk(handler, {"content": word})

    return act
