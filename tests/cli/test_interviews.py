"""Interviews in lines, as another program sees them: a process with pipes that may be killed."""

import io
import json
import os
import signal
import subprocess
import sys

import pytest

from mockinterview.cli import main
from mockinterview.cli.compose import Workshop
from mockinterview.errors import StorageError, UsageError
from mockinterview.models import EVENT, InterviewStarted, Plan

PROGRAM = (sys.executable, "-m", "mockinterview")


@pytest.fixture
def program(home, corpus):
    """Return a function that starts a command with pipes; what still runs at the end is killed."""
    started = []

    def start(*argv):
        command = [*PROGRAM, *argv, "--corpus", str(corpus)]
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(process, kind):
    """Read events until one of this kind."""
    while (event := json.loads(process.stdout.readline()))["kind"] != kind:
        pass
    return event


def kinds(out):
    """Return the kinds of JSON lines."""
    return [json.loads(line)["kind"] for line in out.splitlines()]


def test_killed_interview_goes_on_at_the_very_question(program):
    """`kill -9` while a question waits, then `resume`: the same question, every answer there, the interview comes to its end."""
    first = program("start", "--jsonl", "--question", "padding", "--question", "stride", "--seed", "1")
    first.stdin.write(b"zeros are added around the border of the input\n")
    first.stdin.flush()
    until(first, "question_closed")
    asked = until(first, "question_asked")
    first.kill()
    first.wait()
    second = program("resume", "--jsonl")
    out, _ = second.communicate(b"the stride is the number of pixels by which the filter moves\n")
    events = [json.loads(line) for line in out.splitlines()]
    assert second.returncode == 0
    assert [e for e in events if e["kind"] == "question_asked"][-1] == asked
    assert [e["kind"] for e in events].count("answer_given") == 2
    assert events[-1]["report"]["complete"]


def test_running_interview_is_not_taken_over(program):
    """While one process holds an interview, `resume` finds nothing to go on with, and says so of that session."""
    first = program("start", "--jsonl", "--question", "padding")
    session_id = until(first, "interview_started")["session_id"]
    other = program("resume", "--jsonl")
    assert b"no unfinished interview" in other.communicate()[1]
    named = program("resume", session_id, "--jsonl")
    assert b"open in another window" in named.communicate()[1]
    assert (other.returncode, named.returncode) == (2, 2)


def test_first_interrupt_ends_the_program(program):
    """One Ctrl-C is enough while the program waits for a line; it says how to go on."""
    process = program("start", "--jsonl", "--question", "padding")
    session_id = until(process, "interview_started")["session_id"]
    until(process, "question_asked")
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)  # with its input still open: the end of that ends the program, too, and may come first
    _, err = process.communicate()
    assert process.returncode == 130
    assert f"resume {session_id}" in err.decode()


def test_bytes_that_are_not_text_are_an_answer(program):
    """Standard input with bytes that are not UTF-8 does not end the interview."""
    process = program("start", "--jsonl", "--question", "padding")
    out, _ = process.communicate(b"zeros \xff around the border\n")
    assert process.returncode == 0
    assert "zeros \ufffd around" in next(json.loads(line)["text"] for line in out.splitlines() if b"answer_given" in line)


def test_unknown_command_is_answered_and_nothing_is_lost(run, corpus):
    """A command that does not exist is a word on stderr; the interview goes on."""
    code, out, err = run("start", "--jsonl", "--question", "padding", "--corpus", corpus, said="/foo\n/help\n/skip\n")
    assert code == 0
    assert "no command '/foo'" in err
    assert "/clarify" in err
    assert kinds(out)[-1] == "interview_finished"
    assert EVENT.validate_json(out.splitlines()[-2]).reason == "skipped"


def test_end_of_input_leaves_a_plain_interview_open(run, corpus):
    """Whoever hangs up gets what there is, without what an open question expects, and can go on; nothing was ended."""
    flags = ("--plain", "--corpus", corpus)
    said = "zeros are added around the border of the input\nwhat?\n"
    code, out, _ = run("start", "--question", "padding", "--question", "stride", "--seed", "1", *flags, said=said)
    report = out.split("\nReport\n")[1]
    session_id = out.split()[1].removesuffix(":")
    assert code == 0
    assert f"`mockinterview resume {session_id}`" in report
    assert "padding: 10 of 10 at once" in report
    assert "(still open)" in report
    assert "not over yet" in report
    assert "number of pixels" not in report
    code, out, _ = run("resume", *flags)
    assert (code, out.split()[4]) == (0, session_id + ":")
    code, out, _ = run("resume", *flags, said="the stride is the number of pixels by which the filter moves\n")
    assert "stride: 10 of 10 at once" in out
    assert "resume" not in out
    assert "no unfinished interview" in run("resume", *flags)[2]


def test_end_of_input_ends_an_interview_in_json_lines(run, corpus):
    """A program gets the last event, with the report."""
    code, out, _ = run("start", "--jsonl", "--question", "padding", "--corpus", corpus)
    assert (code, kinds(out)[-1]) == (0, "interview_finished")


def test_finished_interview_is_shown_and_waits_for_nobody(run, corpus):
    """Resuming a session that is over prints it and ends."""
    _, out, _ = run("start", "--jsonl", "--question", "padding", "--corpus", corpus, said="/end\n")
    session_id = EVENT.validate_json(out.splitlines()[0]).session_id
    assert run("resume", session_id, "--jsonl", "--corpus", corpus, said="more\n")[:2] == (0, out)


def test_same_seed_same_words(run, corpus):
    """With a seed, everything but the times and the session's name is the same."""

    def texts():
        _, out, _ = run("start", "--jsonl", "--seed", "7", "--corpus", corpus, said="no idea\nno idea\n")
        return [(e["kind"], e.get("text")) for e in map(json.loads, out.splitlines())]

    assert texts() == texts()


@pytest.mark.parametrize("flags", [("-n", "0"), ("-n", "-1"), ("--minutes", "0"), ("--minutes", "inf"), ("--minutes", "nan")])
def test_impossible_lengths_are_wrong_use(run, corpus, flags):
    """No number of questions or minutes that makes no interview."""
    code, out, err = run("start", "--plain", "--corpus", corpus, *flags)
    assert (code, out) == (2, "")
    assert "from flag" in err


def test_damaged_old_session_does_not_keep_a_new_one_from_starting(home, corpus, monkeypatch, capsys):
    """What was asked in a session that cannot be read is not known, and that is all."""
    workshop = Workshop({"corpus": corpus})

    def damaged(session_id):
        raise StorageError(f"Event 2 of {session_id} is damaged.")

    interview = workshop.new_interview()
    workshop.store.append(
        interview.session_id, EVENT.validate_python({"kind": "interview_started", "session_id": "s", "plan": Plan()})
    )
    monkeypatch.setattr(workshop.store, "events", damaged)
    assert workshop.plan().questions
    assert "left out session" in capsys.readouterr().err


def test_blank_lines_are_no_answers(run, corpus):
    """Blank lines in a pipe say nothing: no answer is stored for them."""
    said = "\n   \n\\\n\nzeros are added around the border of the input\n\n"
    code, out, _ = run("start", "--jsonl", "--question", "padding", "--corpus", corpus, said=said)
    answers = [json.loads(line)["text"] for line in out.splitlines() if '"answer_given"' in line]
    assert (code, answers) == (0, ["zeros are added around the border of the input"])


def test_endless_line_is_refused_in_one_sentence(run, corpus):
    """A line of a million characters becomes an error line for programs, a sentence for people, and no answer."""
    arguments = ("start", "--question", "padding", "--corpus", corpus)
    _, out, err = run(*arguments, "--jsonl", said="x" * 1_000_000 + "\n")
    errors = [event for event in map(json.loads, out.splitlines()) if event["kind"] == "error"]
    assert len(errors) == 1
    assert "1,000,000 characters" in errors[0]["message"]
    assert errors[0]["hint"]
    assert "1,000,000 characters" in err
    assert "answer_given" in kinds(out)  # the /end at the end of the input, and nothing else
    assert "1,000,000 characters" in run(*arguments, "--plain", said="x" * 1_000_000 + "\n")[1]


def test_plain_lines_have_no_two_blank_lines_in_a_row(run, corpus):
    """A screen reader says every blank line."""
    _, out, _ = run("start", "--plain", "-n", "2", "--seed", "1", "--corpus", corpus, said="no idea\nno idea\nno idea\n")
    assert "\n\n\n" not in out
    assert "2 questions" in out


def test_resume_goes_on_with_the_backend_of_the_session(home, corpus, monkeypatch):
    """The settings may have changed since; a flag still decides otherwise."""
    begun = Workshop({"corpus": corpus, "judge": "words"})
    interview = begun.new_interview()
    plan = begun.plan(seed=1)
    begun.store.append(interview.session_id, InterviewStarted(session_id=interview.session_id, plan=plan))
    monkeypatch.setenv("MOCKINTERVIEW_BACKEND", "ollama")
    monkeypatch.setenv("MOCKINTERVIEW_MODEL", "some-model")
    later = Workshop({"corpus": corpus})
    assert later.begun_with(interview.session_id) == ("embedded", "", "words")
    other = later.with_backend(*later.begun_with(interview.session_id))
    assert (other.settings.backend, other.settings.judge) == ("embedded", "words")
    assert other.store is later.store
    named = Workshop({"corpus": corpus, "backend": "vllm"})
    assert named.begun_with(interview.session_id)[0] == "vllm"


def begun(corpus, **chosen):
    """Store the beginning of a session with a backend, a model and a judge; return its id."""
    workshop = Workshop({"corpus": corpus})
    session_id = workshop.new_interview().session_id
    plan = workshop.plan(seed=1).model_copy(update=chosen)
    workshop.store.append(session_id, InterviewStarted(session_id=session_id, plan=plan))
    return session_id


@pytest.mark.parametrize(
    ("plan", "flags", "goes_on"),
    [
        ({"backend": "ollama", "model": "big"}, {"judge": "words"}, ("ollama", "big", "words")),
        ({"backend": "ollama", "model": "big"}, {"model": "small"}, ("ollama", "small", "")),
        ({"backend": "ollama", "model": "big", "judge": "vllm"}, {"backend": "jan"}, ("jan", "", "vllm")),
        ({"backend": "ollama", "model": "big", "judge": "vllm"}, {"backend": "embedded"}, ("embedded", "", "")),
        ({"backend": "ollama", "model": "big", "judge": "words"}, {"backend": "embedded"}, ("embedded", "", "words")),
        ({"judge": "ollama", "model": "big"}, {"judge": "vllm"}, ("embedded", "", "vllm")),
        ({"judge": "ollama", "model": "big"}, {"backend": "embedded", "judge": "ollama"}, ("embedded", "big", "ollama")),
    ],
)
def test_a_flag_at_resume_replaces_what_it_names_and_no_more(home, corpus, plan, flags, goes_on):
    """Backend, model and judge of the session stay, each unless a flag names another; a model goes with its backend."""
    session_id = begun(corpus, **plan)
    later = Workshop({"corpus": corpus, **flags})
    assert later.begun_with(session_id) == goes_on
    other = later.with_backend(*goes_on).settings
    assert (other.backend, other.model, other.judge) == goes_on


def test_an_address_at_resume_needs_its_backend(home, corpus):
    """It is neither dropped in silence nor given to whatever the session was begun with; named, it is that backend's."""
    session_id = begun(corpus, backend="ollama", model="big")
    address = "http://127.0.0.1:9/v1"
    with pytest.raises(UsageError, match="--base-url") as caught:
        Workshop({"corpus": corpus, "base_url": address}).begun_with(session_id)
    assert "--backend ollama" in caught.value.hint
    named = Workshop({"corpus": corpus, "base_url": address, "backend": "ollama"})
    other = named.with_backend(*named.begun_with(session_id)).settings
    assert (other.model, other.base_url) == ("big", address)


def test_resume_tells_whose_session_it_is_also_beside_a_flag(home, corpus, monkeypatch, capsys):
    """`--judge words` does not make the interviewer of the session another one without a word."""
    begun(corpus, backend="mine", model="big")
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert main(["resume", "--plain", "--judge", "words", "--corpus", str(corpus)]) == 2
    err = capsys.readouterr().err
    assert "going on with mine, as this interview was begun" in err
    assert "no backend 'mine'" in err


def test_resume_with_a_backend_that_is_gone_says_what_to_do(home, corpus, monkeypatch, capsys):
    """A session that was begun with a backend of flags names that backend and the ways on; nothing is asked of it."""
    begun = Workshop({"corpus": corpus})
    interview = begun.new_interview()
    plan = begun.plan(seed=1).model_copy(update={"backend": "mine", "model": "big"})
    begun.store.append(interview.session_id, InterviewStarted(session_id=interview.session_id, plan=plan))
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    assert main(["resume", "--plain", "--corpus", str(corpus)]) == 2
    err = capsys.readouterr().err
    assert "no backend 'mine'" in err
    assert "--backend embedded" in err
    assert main(["resume", "--plain", "--backend", "embedded", "--corpus", str(corpus)]) == 0
