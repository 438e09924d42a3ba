"""What a candidate may say besides an answer."""

import pytest

from mockinterview.interview.replies import understand


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("i don't know", "dont_know"), ("Sorry, I really have no idea.", "dont_know"), ("idk", "dont_know"), ("??", "dont_know"),
        ("Hmm, not sure about that one", "dont_know"), ("never heard of it", "dont_know"), ("I can't remember, sorry", "dont_know"),
        ("can I have a hint please?", "hint"), ("hint", "hint"), ("I'm stuck, help", "hint"), ("/hint", "hint"),
        ("could you rephrase the question?", "clarify"), ("hmm, could you rephrase that?", "clarify"),
        ("ok so, a hint please", "hint"), ("hmm hint pls?", "hint"), ("I'd like a hint please", "hint"),
        ("could you give me a hint maybe? or clarify what ur after", "hint"), ("a hint: it is relu", "answer"),
        ("hints and attention maps of the teacher", "answer"), ("pointers and gates", "answer"), ("a tip or two please?", "hint"),
        ("a small nudge in the direction of the gradient", "answer"),
        ("well, I don't know", "dont_know"),
        ("um, what do you mean?", "clarify"), ("okay, let's skip this one", "skip"),
        ("What do you mean by output?", "clarify"), ("come again?", "small_talk"),
        ("can you repeat that please", "small_talk"),
        ("Could you put that another way?", "clarify"), ("am i wrong? can you say the question in other words please", "clarify"),
        ("I'm not sure what you're getting at, could you rephrase that?", "clarify"),
        ("Sorry, I'm not sure what you're after with \"before the label enters\". Could you put that another way?", "clarify"),
        ("can you ask that in a simpler way please? i dont get what you want", "clarify"),
        ("I'd rather not go into customers, if you don't mind.", "dont_know"),
        ("With respect, I'd prefer to leave the details to my engineers.", "dont_know"),
        ("sorry can you clarify what you mean by structure here, like memory layout or more architecture wise?", "clarify"),
        ("wdym by hand? like with actual numbers or the formula", "clarify"),
        ("better than plain in which sense, do you mean the gradients or what tasks its used for?", "clarify"),
        ("it depends in which sense, mostly it is better because the gradient is larger", "answer"),
        ("In what way? It adds a penalty to the loss, so weights shrink.", "answer"),
        ("did you mean relu? then it is zero for negatives", "answer"),
        ("Quick question first, should I assume there's no padding and stride 1?", "clarify"),
        ("Can we skip this one? I'd rather talk about something I've worked on more.", "skip"),
        ("Next. Then the gradient flows back through every layer and the weights are updated.", "answer"),
        ("Skip connections. They add the input of a block to its output.", "answer"),
        ("What exactly do you mean by end-to-end here? Which part would you like me to focus on?", "clarify"),
        ("I don't understand the question", "clarify"), ("skip", "skip"), ("can we move on to the next question", "skip"),
        ('by "plain" do you mean just max(0,x)?', "clarify"), ("by padding it stays the same size", "answer"),
        ("can u give me a small hint?", "hint"), ("i dont know, could you give me a hint please", "hint"),
        ("can you give me a hint where youre going with this?", "hint"),
        ("what mask?", "clarify"), ("sorry, which one?", "clarify"), ("what matters is the mask", "answer"),
        ("wait sorry do u want me to do it on paper? what cost and what activation", "clarify"),
        ("a hint of overfitting is a rising validation loss", "answer"),
        ("you mean both at once, so multi label?", "clarify"), ("you mean well but it still overfits", "answer"),
        ("I'm stuck, can I get a hint", "hint"), ("i don't know the hint function", "dont_know"),
        ('what does "assumption structure" mean?', "clarify"), ("what does that word mean? swish", "clarify"),
        ("sorry, what does translation equivariant mean here?", "clarify"), ("wait what is that supposed to mean", "clarify"),
        ("What does it mean? It fits the noise in the data.", "answer"), ("what they mean by depth is layers", "answer"),
        ("I'd rather come back to this later", "skip"), ("can we come back to that question at the end please", "skip"),
        ("we come back to this value later in the backward pass", "answer"), ("back to the skipped one please", "back"),
        ("let's stop here", "end"), ("/end", "end"), ("hello there", "small_talk"), ("thanks!", "small_talk"),
        ("let me think about it for a second", "thinking"), ("hm", "thinking"),
    ],
)  # fmt: skip
def test_requests_are_recognised(said, intent):
    """Requests and small talk are told from answers in the ways people put them."""
    assert understand(said) == intent


@pytest.mark.parametrize(
    "said",
    [
        "so the gradient vanishes", "well, it halves", "and ReLU", "ok, sigmoid then",
        "it doesn't fit", "no", "yes", "one", "28", "3x3", "pass the input through a sigmoid", "skip connections",
        "you don't know the labels in unsupervised learning, that is the difference",
        "the hint is in the gradient: it vanishes", "", "   ", "end-to-end learning", "stop training early",
        "I don't know the exact formula but it divides by the stride and adds one after subtracting the kernel size",
        "I don't know the formula, but it subtracts the mean of the batch", "not sure, maybe it pads with zeros",
        "no idea, I think it halves the size", "I have never used it but it adds a skip path",
        "great accuracy on train and bad on test", "relu",
        (
            "It slides a kernel over the image and sums the products at each place, so a 5x5 kernel has 25 weights and one bias, "
            "and they are shared by all places. Could you put that another way?"
        ),
    ],
)  # fmt: skip
def test_answers_stay_answers(said):
    """Short answers, answers with doubt in them, and words that only look like a request are answers."""
    assert understand(said) == "answer"
