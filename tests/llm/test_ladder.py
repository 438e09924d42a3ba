"""Structured output over every rung, and replies as real servers write them."""

import asyncio
import json

import pytest
from loopback import completion, raw, reply, say, status

from mockinterview.errors import BackendError, PromptTooLongError
from mockinterview.llm.door import FormRefusedError, Reply
from mockinterview.llm.model import Model
from mockinterview.llm.reading import Spoken, json_from
from mockinterview.models import BackendSettings
from mockinterview.ports import Message

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
ASKED = [Message("system", "Count."), Message("user", "How many?")]
REFUSED = status(400, "response_format.type must be 'text'")


def number(data):
    """Return the number in a reply; raise ValueError where there is none."""
    if not isinstance(data.get("n"), int):
        raise ValueError("n must be an integer")  # noqa: TRY004  (what a reader raises for a wrong shape)
    return data["n"]


async def ask(model):
    """Ask for a number."""
    return await model.complete_json(ASKED, SCHEMA, number, max_tokens=50)


async def test_the_first_rung_is_a_strict_schema(model, server):
    """A server that takes a schema gets it, strict, and the prompt alone."""
    server.otherwise = say('{"n": 3}')
    assert await ask(model) == 3
    sent = server.chats[0]
    assert sent["response_format"]["json_schema"] == {"name": "reply", "strict": True, "schema": SCHEMA}
    assert sent["messages"][-1]["content"] == "How many?"
    assert model.structured == "json_schema"


async def test_each_refused_rung_is_left_for_good(model, server):
    """What a server refuses is found out once: json_schema, then json_object, then plain; the next request begins there."""
    server.script = [REFUSED, REFUSED, say('{"n": 1}'), say('{"n": 2}')]
    assert [await ask(model), await ask(model)] == [1, 2]
    kinds = [body.get("response_format", {}).get("type") for body in server.chats]
    assert kinds == ["json_schema", "json_object", None, None]
    assert '"additionalProperties":false' in server.chats[3]["messages"][-1]["content"]
    assert model.structured == "plain"


class Refusing:
    """A door that refuses a schema to some requests, as soon as all of them are under way."""

    def __init__(self, requests):
        self.under_way = asyncio.Barrier(requests)
        self.kinds = []

    async def reply(self, request):
        """Refuse, or return a number."""
        self.kinds.append(request.form["type"] if request.form else None)
        if self.kinds[-1] == "json_schema":
            await self.under_way.wait()
            raise FormRefusedError("no")
        return Reply('{"n": 1}', "stop")

    async def tokens(self, text):
        """Return that it cannot tell."""


async def test_requests_at_once_leave_a_refused_rung_together():
    """However many of them are refused it, none skips the next rung or falls off the ladder."""
    door = Refusing(4)
    model = Model(BackendSettings(name="local", model="scripted"), door)
    assert await asyncio.gather(*(ask(model) for _ in range(4))) == [1] * 4
    assert door.kinds == ["json_schema"] * 4 + ["json_object"] * 4
    assert model.structured == "json_object"


async def test_the_server_error_of_llama_cpp_python_means_a_refused_form(model, server):
    """HTTP 500 that complains about the type of the form is a refusal, no outage; json_object comes with the schema."""
    server.script = [status(500, "Input should be 'text' or 'json_object'"), say('{"n": 4}')]
    assert await ask(model) == 4
    assert server.chats[1]["response_format"] == {"type": "json_object", "schema": SCHEMA}


async def test_a_server_that_ignores_the_form_is_asked_in_plain_words(model, server):
    """Chatter on the first rung means that the schema was ignored: the second request spells it out."""
    server.script = [say("Sure, I would say three."), say('Well: {"n": 3}')]
    assert await ask(model) == 3
    assert "response_format" not in server.chats[1]
    assert "JSON Schema" in server.chats[1]["messages"][-1]["content"]


async def test_one_repair_request_quotes_the_error(model, server):
    """A reply of the wrong shape is sent back once with the reason."""
    server.script = [say('{"n": "three"}'), say('{"n": 3}')]
    assert await ask(model) == 3
    assert [m["role"] for m in server.chats[1]["messages"]] == ["system", "user", "assistant", "user"]
    assert "n must be an integer" in server.chats[1]["messages"][-1]["content"]


async def test_two_unusable_replies_are_an_error(model, server):
    """There is one repair request and no more."""
    server.otherwise = say('{"m": 1}')
    with pytest.raises(BackendError, match="no usable JSON in two attempts: n must be an integer"):
        await ask(model)
    assert len(server.chats) == 2


async def test_a_reply_that_ran_into_its_limit_gets_more_room(model, server):
    """finish_reason "length" doubles the limit of the repair request."""
    server.script = [say('{"n": ', finish="length"), say('{"n": 5}')]
    assert await ask(model) == 5
    assert [body["max_tokens"] for body in server.chats] == [50, 100]


async def test_json_in_the_reasoning_field_is_found(model, server):
    """Servers with reasoning models may leave the content empty."""
    server.script = [reply(completion("", reasoning_content='{"n": 6}'))]
    assert await ask(model) == 6


async def test_a_wrong_content_type_does_not_matter(model, server):
    """A good body labelled as plain text is read all the same."""
    server.script = [raw(completion('{"n": 7}'), kind="text/plain")]
    assert await ask(model) == 7


async def test_a_refused_parameter_is_left_out_from_then_on(model, server):
    """Reasoning models know no temperature."""
    server.script = [status(400, "Unsupported value: 'temperature'"), say('{"n": 8}'), say('{"n": 9}')]
    assert [await ask(model), await ask(model)] == [8, 9]
    assert ["temperature" in body for body in server.chats] == [True, False, False]


async def test_no_request_exceeds_the_window(open_door, server):
    """A prompt that does not fit is not sent; one that the server finds too long is told from other errors."""
    small = open_door(context_window=512)
    with pytest.raises(PromptTooLongError):
        await small.complete_json([Message("user", "word " * 600)], SCHEMA, number, max_tokens=50)
    assert server.chats == []
    server.script = [status(400, "the request exceeds the available context size")]
    with pytest.raises(PromptTooLongError):
        await ask(small)


async def test_the_tokenizer_of_the_server_decides_where_it_is_close(open_door, server):
    """Near the window the exact count is asked for; a server that counts fewer tokens gets the prompt."""
    server.otherwise = say('{"n": 1}')
    server.pages["/tokenize"] = (200, json.dumps({"tokens": [1] * 300}).encode(), "application/json")
    small = open_door(context_window=512)
    long = [Message("user", "word " * 400)]
    assert await small.fits(long, max_tokens=100)
    server.pages["/tokenize"] = (200, json.dumps({"count": 500}).encode(), "application/json")
    assert not await open_door(context_window=512).fits(long, max_tokens=100)


async def test_usage_and_cost_are_summed(open_door, server):
    """Tokens come from the server, cost from the prices per million."""
    server.otherwise = say('{"n": 1}', usage=(1000, 500))
    priced = open_door(prompt_price=2.0, completion_price=8.0)
    await ask(priced)
    await ask(priced)
    assert (priced.usage.prompt_tokens, priced.usage.completion_tokens, priced.usage.requests) == (2000, 1000, 2)
    assert priced.usage.cost == pytest.approx(2 * (0.002 + 0.004))


async def test_a_cut_prompt_is_noticed(model, server):
    """A server that reports far fewer tokens than were sent has cut the prompt, and the person is told."""
    server.otherwise = say('{"n": 1}', usage=(700, 5))
    await model.complete_json([Message("user", "some words of a prompt " * 500)], SCHEMA, number, max_tokens=50)
    assert len(model.notices) == 1
    assert "saw only 700 tokens" in model.notices[0]


@pytest.mark.parametrize(
    "text",
    [
        '{"n": 1}',
        'Here you are:\n```json\n{"n": 1}\n```\nAnything else?',
        '<think>{"n": 2}, or is it?</think>\n{"n": 1}',
        '<Think>{"n": 2}, or is it?</THINK>\n{"n": 1}',
        'Maybe {"n": 2}, or is it?\n</think>\n\n{"n": 1}',
        'A {"n": 2}, <think>{"n": 3}</think> no.</Thinking>```json\n{"n": 1}\n```',
        '{"n": 1,}',
        "{'n': 1}",
        '{"n": 1',
        'The result is {"n": 1} as you asked.',
        '```\n{"n": 1, }\n',
    ],
)
def test_json_is_found_in_what_models_write(text):
    """Fences, chatter, reasoning, trailing commas, single quotes and a missing end are no obstacle."""
    assert json_from(text) == {"n": 1}


@pytest.mark.parametrize("text", ["", "no", "[1, 2]", "<think>{", '{"n": 2}?</think>', "<html></html>", "{" * 5000])
def test_what_holds_no_object_is_an_error(text):
    """No object, no data: the caller is told with a ValueError."""
    with pytest.raises(ValueError, match="reply"):
        json_from(text)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("tag", ["think", "Think", "REASONING"])
def test_reasoning_is_held_back_from_a_stream_however_it_is_cut(size, tag):
    """<think> and what is in it never come through; what follows does, and text without it comes at once."""
    assert heard(f"<{tag}>secret </th plan</{tag}>\n\nAnd <b> now?", size) == "And <b> now?"
    assert Spoken().take("Hello") == "Hello"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_closing_tag_that_was_never_opened_is_not_said(size):
    """Its reasoning was out before it could be known; the tag goes, and nothing else that begins like one."""
    assert heard("Hm, x < 2.</Think> And </b> a </th", size) == "Hm, x < 2. And </b> a </th"


def heard(text, size):
    """Return what is let through of a stream in pieces of this size."""
    spoken = Spoken()
    return "".join(spoken.take(text[at : at + size]) for at in range(0, len(text), size)) + spoken.rest()
