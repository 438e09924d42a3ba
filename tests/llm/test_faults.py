"""Every fault that servers are known for: what it becomes, how often it is repeated, and how soon one can leave."""

import asyncio
import time
from contextlib import nullcontext

import pytest
from loopback import after, completion, endless, hang, raw, reply, reset, say, status, trickle

from mockinterview.errors import BackendError
from mockinterview.llm.patience import ATTEMPTS
from mockinterview.ports import Message

SCHEMA = {"type": "object", "properties": {}}
ASKED = [Message("user", "Well?")]


async def ask(model):
    """Ask for any object."""
    return await model.complete_json(ASKED, SCHEMA, dict, max_tokens=20)


async def hear(model, **more):
    """Return what a stream brings as (text, error)."""
    pieces = []
    try:
        async for piece in model.stream(ASKED, max_tokens=more.get("max_tokens", 20)):
            pieces += [piece]
    except BackendError as error:
        return "".join(pieces), error
    return "".join(pieces), None


PASSING = {
    "429": status(429, "slow down", [("Retry-After", "2")]),
    "500": status(500),
    "503": status(503),
    "reset": reset,
    "truncated JSON": raw(completion('{"a": 1}')[:40]),
    "no choices": raw(b'{"choices": []}'),
    "error in a good body": raw(b'{"error": {"message": "out of memory"}}'),
}


@pytest.mark.parametrize("fault", PASSING)
async def test_what_may_pass_is_repeated(model, server, fault):
    """A passing fault costs one repetition and no answer."""
    server.script = [PASSING[fault]]
    server.otherwise = say('{"a": 1}')
    assert await ask(model) == {"a": 1}
    assert len(server.chats) == 2


@pytest.mark.parametrize("fault", PASSING)
async def test_repetition_is_bounded(model, server, fault):
    """A fault that stays ends in one error with a hint, after three attempts."""
    server.otherwise = PASSING[fault]
    with pytest.raises(BackendError) as caught:
        await ask(model)
    assert caught.value.hint
    assert len(server.chats) == ATTEMPTS


LASTING = {
    "wrong key": (status(401), "refuses the key"),
    "unknown model": (status(404, "no such model"), "knows no model 'scripted'"),
    "no quota": (status(429, "insufficient_quota"), "no quota left"),
    "web page": (raw(b"<html>Log in</html>", "text/html"), "no OpenAI-compatible server"),
    "plain text": (raw(b"hello", "text/plain"), "no OpenAI-compatible server"),
    "bad request": (status(400, "nonsense"), "HTTP 400: nonsense"),
    "elsewhere": (status(307, "", [("Location", "http://127.0.0.1:9/v1/chat/completions")]), "HTTP 307"),
    "asks to wait for two minutes": (status(429, "slow", [("Retry-After", "120")]), "HTTP 429"),
}


@pytest.mark.parametrize("fault", LASTING)
async def test_what_will_not_pass_is_not_repeated(model, server, fault):
    """Repeating these would only cost time."""
    act, message = LASTING[fault]
    server.otherwise = act
    with pytest.raises(BackendError, match=message) as caught:
        await ask(model)
    assert caught.value.hint
    assert len(server.chats) == 1


@pytest.mark.parametrize("act", [hang, trickle])
async def test_a_server_that_hangs_is_left(open_door, server, act):
    """No answer within the read timeout is an error at once; a body that trickles is no answer."""
    server.otherwise = act
    started = time.monotonic()
    with pytest.raises(BackendError, match="did not answer within"):
        await ask(open_door(read_timeout=0.1, connect_timeout=0.1))
    assert time.monotonic() - started < 3
    assert len(server.chats) == 1


async def test_nobody_listens(open_door, server):
    """A refused connection says where, and what to do."""
    server.close()
    with pytest.raises(BackendError, match=r"local \(http://127.0.0.1:\d+/v1\) cannot be reached") as caught:
        await ask(open_door())
    assert "--backend embedded" in caught.value.hint


async def test_retry_after_is_obeyed_with_a_countdown(model, server, slept):
    """The seconds that the server asks for are counted down aloud."""
    waits = []
    model.listen(waits.append)
    server.script = [status(429, "slow down", [("Retry-After", "2.5")])]
    server.otherwise = say("{}")
    with pytest.raises(BackendError):
        await model.complete_json(ASKED, SCHEMA, lambda data: int("x"), max_tokens=5)
    assert slept.seconds == [1.0, 1.0, 0.5]
    assert [wait.seconds for wait in waits] == [2.5, 1.5, 0.5, 0.0]
    assert (waits[0].attempt, waits[0].attempts) == (2, 3)
    assert "HTTP 429" in waits[0].reason


async def test_waits_double(model, server, slept):
    """Without Retry-After the waits are half a second and one second."""
    server.otherwise = status(503)
    with pytest.raises(BackendError):
        await ask(model)
    assert slept.seconds == [0.5, 1.0]


async def test_a_countdown_can_be_cancelled(open_door, server):
    """Cancelling during a wait leaves within 0.2 s."""
    patient = open_door()
    patient._patience._sleep = asyncio.sleep
    waiting = asyncio.Event()
    patient.listen(lambda wait: waiting.set())
    server.otherwise = status(429, "slow", [("Retry-After", "20")])
    task = asyncio.create_task(ask(patient))
    await waiting.wait()
    assert await _seconds_to_cancel(task) < 0.2


@pytest.mark.parametrize("act", [hang, after("So ", hang)])
async def test_a_request_can_be_cancelled(model, server, act):
    """Cancelling while the server hangs, before or amid a reply, leaves within 0.2 s."""
    server.otherwise = act
    task = asyncio.create_task(hear(model))
    await asyncio.to_thread(server.asked.wait)
    assert await _seconds_to_cancel(task) < 0.2


async def _seconds_to_cancel(task):
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return time.monotonic() - started


BROKEN = {
    "hangs amid the stream": after("So far ", hang),
    "reset amid the stream": after("So far ", reset),
    "ends without finish_reason": say("So far ", finish=""),
    "error within the stream": after("So far ", lambda h, b: h.wfile.write(b'data: {"error": {"message": "died"}}\n\n')),
    "bad JSON within the stream": after("So far ", lambda h, b: h.wfile.write(b'data: {"id": \n\n')),
}


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_stream_that_breaks_off_keeps_what_came(open_door, server, fault):
    """What was said stays said; the end is told as an error, and nothing is said twice."""
    server.otherwise = BROKEN[fault]
    text, error = await hear(open_door(read_timeout=0.2))
    assert text == "So far "
    assert error is not None
    assert len(server.chats) == 1


@pytest.mark.parametrize("act", [status(500), reset])
async def test_a_stream_that_fails_before_its_first_word_is_repeated(model, server, act):
    """Nothing was said yet, so it can be asked for again."""
    server.script = [act]
    server.otherwise = say("All is well.")
    assert await hear(model) == ("All is well.", None)


@pytest.mark.parametrize("act", [raw(b"<html>Log in</html>", "text/html"), reply(b"{}"), say("", finish="")])
async def test_a_stream_that_is_none_is_an_error(model, server, act):
    """A web page instead of a stream ends without a word, and without finish_reason."""
    server.otherwise = act
    text, error = await hear(model)
    assert text == ""
    assert error is not None


async def test_a_model_that_repeats_itself_is_cut_short(model, server):
    """A server that ignores the limit cannot fill the screen."""
    server.otherwise = endless("again ")
    text, error = await hear(model, max_tokens=10)
    assert error is None
    assert len(text) < 200


async def test_control_characters_do_not_come_through(model, server):
    """Escape sequences and bidirectional overrides in a reply never reach a terminal."""
    server.otherwise = say("\x1b]52;c;aGk=\x07Hi \u202eyou\x9b2J")
    text, _ = await hear(model)
    assert text.isprintable()
    assert "Hi" in text


async def test_half_a_surrogate_pair_does_not_come_through(model, server):
    """A server that cuts an emoji in two sends what no file can hold."""
    server.otherwise = say("Well \ud83d \ude42 then?")
    assert await hear(model) == ("Well   then?", None)


async def test_a_server_that_reports_no_usage_is_no_problem(model, server):
    """Requests are counted, tokens stay unknown."""
    server.otherwise = say("{}", usage=None)
    await ask_any(model)
    assert (model.usage.requests, model.usage.prompt_tokens) == (1, 0)


async def ask_any(model):
    """Ask, and take any object."""
    return await model.complete_json(ASKED, SCHEMA, lambda data: data, max_tokens=20)


async def test_a_stream_that_is_left_early_is_counted(model, server):
    """Its tokens stay unknown, for the server never came to report them; one that is heard out is reported."""
    server.otherwise = say("One two three four.", usage=(7, 4))
    async for _ in (stream := model.stream(ASKED, max_tokens=20)):
        break
    await stream.aclose()
    assert (model.usage.requests, model.usage.prompt_tokens) == (1, 0)
    await hear(model)
    assert (model.usage.requests, model.usage.prompt_tokens) == (2, 7)


async def test_a_proxy_does_not_come_between_loopback(model, server, monkeypatch):
    """HTTP_PROXY is not for this machine."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.otherwise = say('{"a": 1}')
    assert await ask(model) == {"a": 1}


async def test_after_three_failures_the_backend_is_set_aside(model, server):
    """It is not asked any more, says so, and one call brings it back; a success in between begins the count anew."""
    server.script = [status(400), status(400), say("{}"), status(400), status(400), status(400)]
    for fails in (True, True, False, True, True, True):
        assert not model.set_aside
        with pytest.raises(BackendError, match="HTTP 400") if fails else nullcontext():
            await ask_any(model)
    assert model.set_aside
    asked = len(server.chats)
    with pytest.raises(BackendError, match="set aside after 3 failures in a row"):
        await ask_any(model)
    assert len(server.chats) == asked
    model.try_again()
    server.otherwise = say('{"a": 1}')
    assert await ask(model) == {"a": 1}


async def test_a_stream_that_is_left_early_is_a_success(model, server):
    """The interviewer leaves a stream at its question mark; failures around it are not in a row."""
    for _ in range(2):
        server.script = [status(400), status(400), say("One two three four.")]
        for _ in range(2):
            with pytest.raises(BackendError, match="HTTP 400"):
                await ask(model)
        stream = model.stream(ASKED, max_tokens=20)
        assert await anext(stream)
        await stream.aclose()
        assert not model.set_aside


def test_one_model_serves_several_event_loops(model, server):
    """A command may run more than one loop; connections belong to one of them."""
    server.otherwise = say('{"a": 1}')
    assert asyncio.run(ask(model)) == asyncio.run(ask(model)) == {"a": 1}
