"""Runs that finish: results as they come, resume, cache, replay, faults, limits, exit codes. The model is a server on loopback."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mockinterview.evals.run import RunFolder

GOOD = "Random units are switched off in each training step, run {n}."


class Judge:
    """A server that says what `verdict` returns for a prompt; `faults` are status codes to send first."""

    def __init__(self):
        self.prompts, self.faults, self.lock = [], [], threading.Lock()
        self.verdict = lambda prompt: "hit"
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *args):
                """Say nothing."""

            def do_GET(self):
                self.send(200, {"object": "list", "data": [{"id": "judge", "object": "model"}]})

            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if not self.path.endswith("/chat/completions"):
                    self.send(404, {"error": {"message": "not found"}})
                    return
                prompt = "\n".join(message["content"] for message in asked["messages"])
                with owner.lock:
                    owner.prompts.append(prompt)
                    fault = owner.faults.pop(0) if owner.faults else 0
                if fault:
                    self.send(fault, {"error": {"message": "not now"}})
                    return
                text = json.dumps(owner.reply(asked["response_format"]["json_schema"]["schema"], owner.verdict(prompt)))
                choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
                usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
                head = {"id": "c", "object": "chat.completion", "created": 0, "model": "m"}
                self.send(200, {**head, "choices": [choice], "usage": usage})

            def send(self, code, data):
                body = json.dumps(data).encode()
                self.send_response(code)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                if code == 429:
                    self.send_header("retry-after", "0")
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def reply(self, schema, verdict):
        """Return a reply that gives every point the same verdict and states no misconception."""
        points = schema["properties"]["points"]["properties"]
        found = {"points": {point: {"quote": "Random units are switched off", "verdict": verdict} for point in points}}
        if "misconceptions" in schema["properties"]:
            found["misconceptions"] = {m: {"quote": ""} for m in schema["properties"]["misconceptions"]["properties"]}
        return found

    @property
    def flags(self):
        """The flags that point the command at this server."""
        url = f"http://127.0.0.1:{self.server.server_port}/v1"
        return ["--backend", "test", "--base-url", url, "--model", "judge"]


@pytest.fixture
def judge():
    """Give a judge that is there."""
    server = Judge()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def suite(house):
    """Return a house with twelve gold answers that hit every point."""
    every = {point["id"]: "hit" for point in house.question("dropout")["points"]}
    house.cases("grading", *(house.gold("dropout", n, GOOD.format(n=n), every) for n in range(12)))
    return house


def run(house, judge, *more):
    """Run the grading suite against the judge; return exit code and JSON document."""
    report = house.root / "run.json"
    code = house.run("grading", *judge.flags, "--json", str(report), *more)
    return code, json.loads(report.read_text(encoding="utf-8"))


def test_every_case_is_graded_by_the_model_with_one_request(suite, judge):
    """Twelve cases, twelve requests, and what they took."""
    code, report = run(suite, judge)
    assert (code, len(judge.prompts), report["spent"]["requests"]) == (0, 12, 12)
    assert report["spent"]["prompt_tokens"] == 1200
    assert report["figures"]["grading.point_precision"]["value"] == 1.0


def test_a_second_run_asks_nothing(suite, judge):
    """The cache answers, also where the server is gone."""
    run(suite, judge)
    judge.prompts.clear()
    code, report = run(suite, judge)
    assert (code, judge.prompts, report["spent"]["requests"]) == (0, [], 0)
    judge.server.shutdown()
    judge.server.server_close()
    assert run(suite, judge, "--replay")[0] == 0


def test_no_cache_asks_again(suite, judge):
    """The cache can be switched off."""
    run(suite, judge)
    run(suite, judge, "--no-cache")
    assert len(judge.prompts) == 24


def test_a_replay_of_something_new_is_no_verdict(suite, judge):
    """What is not in the cache stays ungraded, and the run is incomplete: exit code 3."""
    run(suite, judge, "--sample", "3")
    code, report = run(suite, judge, "--replay")
    assert code == 3
    assert report["spent"]["lost"] > 0
    assert "not in the cache" in report["ungraded"][0]["why"]


def test_faults_lose_and_double_nothing(suite, judge, monkeypatch):
    """Three 429 and 500 in the midst: all graded in the end, each prompt answered once."""
    monkeypatch.setattr("mockinterview.llm.patience.FIRST_WAIT", 0.0)
    judge.faults = [429, 500, 500]
    code, report = run(suite, judge)
    assert (code, report["spent"]["lost"], report["spent"]["requests"]) == (0, 0, 12)
    assert len(judge.prompts) == 15


def test_an_outage_is_no_verdict(suite, judge, monkeypatch):
    """Where the server only fails, the cases are ungraded, never zero; exit code 3."""
    monkeypatch.setattr("mockinterview.llm.patience.FIRST_WAIT", 0.0)
    judge.faults = [500] * 1000
    code, report = run(suite, judge, "--jobs", "2")
    assert code == 3
    assert "grading.point_f1" not in report["figures"]
    assert report["spent"]["lost"] == report["spent"]["results"] >= 10


def test_a_run_that_was_killed_is_resumed(suite, judge):
    """Only what is missing is asked; a torn last line does not count."""
    run(suite, judge, "--no-cache")
    results = next(suite.out.glob("*/results.jsonl"))
    lines = results.read_bytes().splitlines(keepends=True)
    results.write_bytes(b"".join(lines[:5]) + lines[5][:40])
    judge.prompts.clear()
    code, report = run(suite, judge, "--no-cache", "--resume")
    assert (code, len(judge.prompts), report["spent"]["results"]) == (0, 7, 12)
    assert len(list(RunFolder(results.parent).results())) == 12


def test_a_run_of_other_work_is_not_resumed(suite, judge):
    """Another choice of cases is another run."""
    run(suite, judge)
    assert suite.run("grading", *judge.flags, "--resume", "--sample", "2") == 2


def test_an_interrupt_keeps_what_is_there(suite, judge):
    """Ctrl-C gives 130 and the results so far; --resume makes the rest."""

    def interrupting(prompt):
        if len(judge.prompts) == 4:
            signal_main()
        return "hit"

    import _thread

    signal_main = _thread.interrupt_main
    judge.verdict = interrupting
    code, report = run(suite, judge, "--no-cache", "--jobs", "1")
    assert code == 130
    assert 2 <= report["spent"]["results"] < 12
    judge.verdict = lambda prompt: "hit"
    code, report = run(suite, judge, "--no-cache", "--resume")
    assert (code, report["spent"]["results"]) == (0, 12)


def test_a_dry_run_asks_nobody(suite, judge, capsys):
    """Requests and tokens are counted; nothing made up gets into the cache."""
    assert suite.run("grading", *judge.flags, "--dry-run") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["requests"], judge.prompts) == (12, [])
    assert told["prompt_tokens"] > 1000
    run(suite, judge)
    assert len(judge.prompts) == 12


def test_a_lenient_prompt_is_caught(suite, judge, tmp_path, monkeypatch):
    """A judge that hits everything once its prompt asks for it: the paired test finds it, with exit code 1."""
    from mockinterview.bank.load import data_dir

    none = dict.fromkeys([point["id"] for point in suite.question("dropout")["points"]], "miss")
    suite.cases("grading", *(suite.gold("dropout", n, GOOD.format(n=n), none) for n in range(12)))
    (suite.evals / "gates.toml").write_text('[paired]\n"grading.verdict_accuracy" = 0.03\n', encoding="utf-8")
    judge.verdict = lambda prompt: "hit" if "be generous" in prompt else "miss"
    assert run(suite, judge)[0] == 0
    assert suite.run("bless", "--to", str(suite.baseline)) == 0
    own = tmp_path / "prompts"
    own.mkdir()
    text = (data_dir("prompts") / "judge.md").read_text(encoding="utf-8")
    (own / "judge.md").write_text(text.replace("[system]\n", "[system]\nbe generous\n", 1), encoding="utf-8")
    monkeypatch.setenv("MOCKINTERVIEW_PROMPTS", str(own))
    code, report = run(suite, judge, "--baseline", str(suite.baseline))
    assert code == 1
    failed = {gate["gate"]: gate["cases"] for gate in report["gates"] if gate["status"] == "failed"}
    assert "dropout--3" in failed["paired grading.verdict_accuracy"]
    assert "prompts" in report["comparison"]["changed"]


def test_wrong_use_has_exit_code_2(suite):
    """An unknown suite, a broken case file, an unknown figure in the gates."""
    assert suite.run("gradding") == 2
    (suite.evals / "gates.toml").write_text('[bounds]\n"grading.f2" = {min = 1}\n', encoding="utf-8")
    assert suite.run("grading") == 2
    suite.cases("grading", {"id": "x", "question": "dropout", "answer": "a", "points": {"zero-units": "perhaps"}})
    assert suite.run("grading") == 2


def test_no_server_has_exit_code_3(suite, judge):
    """A backend that is not there is said before anything runs."""
    judge.server.shutdown()
    judge.server.server_close()
    assert suite.run("grading", *judge.flags) == 3
