"""Where keys go and where they do not, what a probe finds, and how a model is opened."""

import socket
import sys
import types

import pytest
from loopback import hang, say

from mockinterview.errors import BackendError, SettingsError
from mockinterview.llm import find_key, open_model, probe, probe_all
from mockinterview.models import BackendSettings
from mockinterview.ports import Message

OTHER = "http://gateway.example/v1"


def table(**settings):
    """Return the settings of a backend."""
    return BackendSettings.model_validate({"name": "mine", "base_url": OTHER, **settings})


@pytest.fixture
def keyring(monkeypatch):
    """Put a keyring in place that has a key for every backend, and return what it was asked for."""
    asked = []
    module, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
    module.get_password = lambda service, name: asked.append((service, name)) or "from-keyring"
    errors.KeyringError = type("KeyringError", (Exception,), {})
    errors.NoKeyringError = type("NoKeyringError", (errors.KeyringError, RuntimeError), {})
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    module.errors = errors
    return asked


def test_the_key_comes_from_the_variable_that_the_table_names():
    """key_env names the variable; no other one is read."""
    environment = {"MINE": "secret", "OPENAI_API_KEY": "other"}
    assert find_key(table(key_env="MINE"), environment) == "secret"


def test_no_key_is_no_problem(monkeypatch):
    """Local servers need none, and the key of somebody else is not taken for theirs."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert find_key(table(), {"OPENAI_API_KEY": "other", "MOCKINTERVIEW_API_KEY": "another"}) == ""


def test_the_openai_key_goes_to_openai_alone():
    """A table that would send it elsewhere is refused."""
    with pytest.raises(SettingsError, match="belongs to api"):
        find_key(table(key_env="OPENAI_API_KEY"), {"OPENAI_API_KEY": "secret"})
    there = table(base_url="https://api.openai.com/v1", key_env="OPENAI_API_KEY")
    assert find_key(there, {"OPENAI_API_KEY": "secret"}) == "secret"


def test_the_keyring_is_asked_by_the_name_of_the_backend(keyring):
    """Where no variable has a key, the keyring is asked; not for an address that only a flag has given."""
    assert find_key(table(), {}) == "from-keyring"
    assert keyring == [("mockinterview", "mine")]
    assert find_key(table(key_env="MOCKINTERVIEW_API_KEY"), {}) == ""


def test_a_computer_without_a_keyring_has_no_key_there(keyring, monkeypatch):
    """Where there is no desktop nothing is locked; a keyring that is locked is told, with what to do."""
    module = sys.modules["keyring"]

    def fail(error):
        def get_password(service, name):
            raise error("no")

        monkeypatch.setattr(module, "get_password", get_password)

    fail(module.errors.NoKeyringError)
    assert find_key(table(), {}) == ""
    fail(module.errors.KeyringError)
    with pytest.raises(SettingsError, match="keyring cannot be read") as caught:
        find_key(table(), {})
    assert "'mine'" in caught.value.hint


async def test_nothing_but_the_own_key_is_sent(open_door, server, monkeypatch):
    """OPENAI_* variables, which the SDK would put into headers, stay here; without a key there is no such header."""
    secrets = {
        "OPENAI_API_KEY": "sk-one",
        "OPENAI_ORG_ID": "org-two",
        "OPENAI_PROJECT_ID": "proj-three",
        "OPENAI_ADMIN_KEY": "sk-four",
    }
    for name, value in {**secrets, "OPENAI_CUSTOM_HEADERS": "X-Secret: five", "OPENAI_BASE_URL": OTHER}.items():
        monkeypatch.setenv(name, value)
    server.otherwise = say("{}")
    for key in ("", "mine"):
        await open_door(key=key).complete_json([Message("user", "?")], {}, lambda data: data, max_tokens=5)
    (_, _, without, _), (_, _, with_key, _) = server.seen
    assert not [value for value in without.values() for secret in (*secrets.values(), "five") if secret in value]
    assert "authorization" not in {name.lower() for name in without}
    assert {name.lower(): value for name, value in with_key.items()}["authorization"] == "Bearer mine"


async def test_no_redirect_is_followed(open_door, server):
    """A key would travel with it."""
    server.otherwise = lambda handler, _: _redirect(handler)
    with pytest.raises(BackendError, match="HTTP 307"):
        await open_door(key="mine").complete_json([Message("user", "?")], {}, lambda data: data, max_tokens=5)
    assert [path for _, path, _, _ in server.seen] == ["/v1/chat/completions"]


def _redirect(handler):
    handler.send_response(307)
    handler.send_header("location", "/elsewhere/chat/completions")
    handler.send_header("content-length", "0")
    handler.end_headers()


def test_errors_do_not_show_the_key(server, monkeypatch):
    """A refused key is named by its variable, never by its value."""
    server.pages["/v1/models"] = (401, b'{"error": {"message": "bad key sk-very-secret"}}', "application/json")
    settings = table(base_url=server.url, key_env="MINE")
    with pytest.raises(BackendError, match="wants another key") as caught:
        open_model(settings, environment={"MINE": "sk-very-secret"})
    assert "sk-very-secret" not in str(caught.value)
    assert "MINE" in caught.value.hint


async def test_a_live_server_is_listed_with_its_models(server):
    """Models, and the window where the server tells it."""
    server.lists("small", "large", meta={"n_ctx": 2048})
    found = await probe(table(base_url=server.url))
    assert (found.state, found.models, found.window) == ("live", ("small", "large"), 2048)


@pytest.mark.parametrize(
    ("page", "body"),
    [
        ("/props", b'{"default_generation_settings": {"n_ctx": 1024}}'),
        ("/api/ps", b'{"models": [{"name": "scripted:latest", "context_length": 1024}]}'),
    ],
)
async def test_llama_cpp_and_ollama_tell_their_window_elsewhere(server, page, body):
    """llama.cpp divides its window among slots and says so in /props; Ollama in /api/ps."""
    server.pages[page] = (200, body, "application/json")
    assert (await probe(table(base_url=server.url, model="scripted"))).window == 1024


PAGES = {
    "denied": ((403, b"{}", "application/json"), "wants another key"),
    "no_server": ((200, b"<html>", "text/html"), "no OpenAI-compatible server"),
    "odd": ((500, b"{}", "application/json"), "HTTP 500"),
    "redirected": ((302, b"", "text/html"), "another address"),
}


@pytest.mark.parametrize("state", PAGES)
async def test_a_probe_says_exactly_why(server, state):
    """Each state has its sentence."""
    page, why = PAGES[state]
    server.pages["/v1/models"] = page
    if state == "redirected":
        server.pages["/v1/models"] = (200, lambda handler, _: _redirect(handler), "")
    found = await probe(table(base_url=server.url))
    assert found.state == state
    assert why in found.why


async def test_a_silent_and_a_refusing_port_differ(server):
    """Something that does not answer is told from nothing at all, and all are asked at the same time."""
    server.pages["/v1/models"] = (200, hang, "")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    backends = [(table(name="silent", base_url=server.url), ""), (table(name="refused", base_url=closed), "")]
    found = {each.name: each async for each in probe_all(backends, limit=0.2)}
    assert {name: each.state for name, each in found.items()} == {"silent": "silent", "refused": "refused"}
    assert "0.2 s" in found["silent"].why


def test_a_model_is_opened_with_what_the_server_tells(server):
    """Without a name the first model of a local server is taken, with its window."""
    server.lists("only", max_model_len=16384)
    model = open_model(table(base_url=server.url))
    assert (model.name, model.context_window) == ("only", 16384)


async def test_a_model_can_be_opened_inside_an_event_loop(server):
    """The app opens it while its loop runs."""
    assert open_model(table(base_url=server.url)).name == "scripted"


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"model": "missing"}, BackendError, "has no model 'missing'"),
        ({"base_url": "localhost:8080"}, SettingsError, "no usable address"),
        ({"base_url": ""}, SettingsError, "no usable address"),
        ({"base_url": "http://127.0.0.1:1/v1", "connect_timeout": 1.0}, BackendError, "cannot be reached: nothing listens there"),
        ({"gguf": "/no/such/file.gguf"}, SettingsError, "no model file"),
    ],
)
def test_what_cannot_work_is_said_at_once(server, settings, error, message):
    """Each with its cause and a next step."""
    with pytest.raises(error, match=message) as caught:
        open_model(table(**{"base_url": server.url, **settings}))
    assert caught.value.hint


def test_a_server_without_a_list_of_models_is_taken_as_it_is(server):
    """Some servers only chat."""
    del server.pages["/v1/models"]
    assert open_model(table(base_url=server.url, model="any")).name == "any"
    with pytest.raises(SettingsError, match="No model is named"):
        open_model(table(base_url=server.url))
