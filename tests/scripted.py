"""A grader and a log for interviews in memory, shared by the tests of what is said and shown."""

from __future__ import annotations

from mockinterview.models import Assessment, PointVerdict, Question


def by_words(question: Question, answer: str) -> tuple[PointVerdict, ...]:
    """Return a hit for each point whose id is among the words of the answer, a miss for the others."""
    said = answer.split()
    return tuple(
        PointVerdict(id=p.id, verdict="hit", evidence=p.id) if p.id in said else PointVerdict(id=p.id, verdict="miss")
        for p in question.points
    )


class WordGrader:
    """Hits a point where its id is among the words."""

    name = "scripted"

    def warm_up(self) -> None:
        """Do nothing: all is there."""

    async def grade(self, question: Question, answer: str) -> Assessment:
        """Return verdicts by the words of the answer."""
        points = by_words(question, answer)
        score = 5.0 * any(p.verdict == "hit" for p in points)
        return Assessment(question=question.id, score=score, points=points, graded_by=self.name)


class Log(list):
    """A log in memory."""

    def append(self, session_id, event) -> None:
        """Keep the event."""
        super().append(event)
