"""How well retrieval finds the question that a paraphrased query is about, on the queries it was developed with.

    python evals/retrieval_queries.py [FOLDER OF A SENTENCE MODEL]

Prints recall@1, recall@5 and the median time per query, for words alone, hashed vectors and, where a folder is given, the
sentence model in it; each on clean queries, with one typing error in every tenth, and with one in each. The queries were
written from the titles of the concepts, by somebody who had read one file of the bank (same-vs-valid-padding). FIRST was used
to choose among methods and to write the table of names, so its figures flatter; SECOND was written afterwards, and only the
weight of the sentence model was chosen with it.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from mockinterview.bank.load import load_bank
from mockinterview.ports import Retriever
from mockinterview.retrieval import Embedder, HashedEmbedder, LexicalRetriever, OnnxEmbedder, open_index

Queries = list[tuple[str, str]]

FIRST = """
deep-learning-definition | in your own words, what is meant by deep learning
deep-vs-traditional-ml | how is deep learning different from classic algorithms like SVMs or random forests
ai-ml-dl-differences | how do artificial intelligence, machine learning and deep learning relate to each other
supervised-vs-unsupervised-learning | having targets versus having no targets when training a network
supervised-unsupervised-dl-tasks | give me example problems solved with and without annotated data
supervised-dl-models | which network types are usually trained on labelled data
unsupervised-dl-models | name architectures that learn without any annotations
deep-learning-applications | in which industries and products do people use deep nets nowadays
deep-vs-shallow-networks | why not just one very wide hidden layer instead of many
network-depth | what do we gain from stacking more layers
universal-approximation | can a net with one hidden layer represent any continuous function
neural-network-definition | explain to a beginner what a neural net is
neural-network-layers | input, hidden and output: what kinds of layers exist and how many
artificial-neuron | what does a single unit compute from its inputs
perceptron | Rosenblatt's early linear classifier and its kinds
multilayer-perceptron | stack of fully connected layers, what is an MLP
perceptron-vs-logistic-regression | hard threshold unit compared to a logistic classifier
shared-bias-hidden-layer | could all neurons of a hidden layer use one common offset
weights-and-biases-role | what are the parameters of a neuron good for
forward-and-backpropagation | describe the two passes through the net during training
backprop-derivation | derive with the chain rule the gradient formulas on the whiteboard
backpropagation | how are errors sent backwards to compute derivatives
backprop-vs-gradient-descent | is computing gradients the same thing as updating the weights with them
deep-learning-disadvantages | what are the drawbacks of deep neural networks
deep-learning-prerequisites | what maths and programming should I know before starting
model-capacity | how complex a function can the network represent, its expressive power
elementwise-multiplication | what is the Hadamard product of two matrices
hyperparameters | settings that you choose before training rather than learn
epoch-batch-iteration | difference between one full pass over the data and one update step
end-to-end-learning | one model from raw input to final output without handcrafted stages
bagging-vs-boosting | ensembles trained in parallel versus sequentially
fourier-transform-in-dl | why would you use frequency domain transforms like FFT in neural nets
autonomous-deep-learning | what is the autonomous form of deep learnng
assumption-structure-steps | which steps belong to the assumption structure of deep learning
activation-function-role | why do we need nonlinearities between layers
no-activation-linear-collapse | what happens if you remove all the nonlinear functions from a network
activation-function-types | list the popular nonlinearities you know
activation-function-choice | how do you decide which nonlinearity to use in which layer
activation-ranges | what output intervals do sigmoid, tanh and relu have
binary-step-function | activation that outputs zero or one depending on a threshold
sigmoid-function | S-shaped curve squashing numbers between zero and one
tanh-function | hyperbolic tangent, zero centred activation
relu-function | what does max(0, x) do and why is it popular
dead-relu | units that are stuck at zero and never activate again
leaky-relu | small negative slope instead of zero for negative inputs
softmax-function | turn logits into a probability distribution over classes
swish-function | x times sigmoid of x activation from Google
most-used-activation | which nonlinearity is the default in practice nowadays
relu-in-output-layer | can you put a rectified linear unit at the end of the network
softmax-layer-placement | in which layer do we normally use the softmax and why
saturating-hidden-activations | why don't we use logistic functions inside hidden layers any more
relu-then-sigmoid-output | binary classifier where relu is applied right before the final sigmoid
cost-function | what does the loss measure during training
gradient-descent | how do you minimise a function by stepping downhill
gd-variants | stochastic vs full batch vs minibatch updates
minibatch-benefits | why is it good to train on small groups of examples
batch-size-selection | how would you pick the number of samples per update
batch-size-impact | does a larger batch hurt generalisation or accuracy
learning-rate-extremes | what goes wrong when the step size is too big or too small
learning-rate-search | how to find a good step size, grid or log scale
momentum-too-high | what if momentum is set to 0.9999
optimizer-role | what is the job of the optimizer in training
improving-gradient-descent | tricks to make vanilla gradient descent converge faster
adaptive-learning-rates | methods that adjust the step size per parameter automatically
rmsprop | dividing the gradient by a running average of its squared magnitude
adam | optimizer combining momentum with second moment estimates
adamw | decoupled weight decay in the Adam optimiser
hessian-second-order | why not use Newton's method or curvature information for training
cross-entropy-loss | negative log likelihood of the true class
why-cross-entropy | why prefer log loss over squared error for classifying many classes
multiclass-loss-choice | which loss function would you take for ten exclusive classes
weight-initialisation | Xavier and He schemes for starting values of weights
zero-initialisation | what happens if all weights start at zero
identical-weight-initialisation | all parameters begin with the same constant, symmetry problem
single-layer-identical-init | does starting with equal weights hurt logistic regression
shuffle-full-batch | must the data be shuffled when each step uses the whole dataset
shuffle-minibatch | is reordering samples each epoch important with mini batches
overfitting-definition | model memorises training data and fails on new data, what is that called
overfitting-underfitting | bias variance tradeoff: model too simple or too complex
reducing-overfitting | ways to stop a deep net from memorising the training set
dropout | randomly switching off neurons during training
dropout-as-regulariser | why does randomly removing units work as regularization
dropout-at-test-time | do we drop neurons at inference as well
dropout-speed | does dropping units make training slower or faster
l1-l2-regularisation | lasso and ridge penalties on the weights
l2-as-weight-decay | why is the squared penalty equivalent to shrinking weights every step
l2-rnn-vanishing | can a weight penalty make gradients vanish in recurrent nets
data-augmentation | flipping, cropping and rotating images to get more training data
data-normalisation | why scale input features to zero mean and unit variance
batch-normalisation | why standardise layer inputs over each mini batch
batchnorm-hyperparameters | gamma, beta, epsilon and momentum in batch norm
layer-normalisation | normalising over the features of one sample rather than the batch
cnn-definition | what is a convolutional network and when would you choose one
cnn-architecture | typical sequence of conv, pool and dense layers in a convnet
pooling | what is the purpose of max pooling
cnn-vs-dense-images | why not use a fully connected network for pictures
conv-output-size | dimensions of the feature map after applying a filter with stride and padding
same-vs-valid-padding | adding zeros around the border or not at all
cnn-visualisation | heatmaps like Grad-CAM to see where the convnet looks
cnn-1d-signals | can convolutions be used on audio or time series
depthwise-separable-convolution | MobileNet style conv with fewer multiplications
parameter-sharing | reusing the same kernel weights across positions
residual-networks | skip connections that add the input to the output
feedforward-vs-recurrent | networks with loops versus networks without loops
rnn-definition | network that keeps a hidden state over time steps
rnn-applications | what are recurrent nets used for in practice
rnn-for-text | why are recurrent models good at handling sentences
backprop-through-time | unrolling the recurrent network to compute gradients
rnn-training-issues | what makes recurrent networks hard to train
rnn-vanishing-gradient | why do gradients shrink over long sequences in recurrent nets
lstm-architecture | explain the inner workings of a long short term memory cell
lstm-gates | forget, input and output: what does each one control
lstm-importance | why did LSTMs matter so much
lstm-vanishing-gradient | how does the cell state keep gradients from dying in LSTM
gru-vs-lstm | why do gated recurrent units train quicker than LSTMs
many-to-one-rnn | sequence in, single output such as sentiment classification
bilstm-assumption | when is a bidirectional recurrent model not allowed
transformer-vs-rnn | advantages of self attention models over recurrence
transformer-architecture | encoder decoder with multi head attention and positional encoding
gan | generator and discriminator competing with each other
autoencoder-definition | network that reconstructs its own input through a bottleneck
autoencoder-layers | encoder, code and decoder: components and use cases
deep-autoencoder | symmetrical stack of several encoding and decoding layers
boltzmann-machine | stochastic energy based model with visible and hidden units
vanishing-exploding-gradients | gradients getting tiny or huge in very deep networks
vanishing-gradient | early layers barely learn because derivatives become tiny
vanishing-gradient-fixes | how can you solve gradients that fade away
exploding-gradient-signs | how do you notice that the gradients blow up
exploding-gradient-fixes | gradient clipping and other cures for blowing up updates
loss-not-decreasing | my training loss stays flat after several epochs, what now
underfitting-diagnosis | train error is high and validation error is about equal, what to do
faulty-hidden-neuron | one neuron in the hidden layer constantly gives wrong output
transfer-learning-applications | where are pretrained models reused in practice
own-transfer-learning-project | tell me about a time you fine tuned a pretrained network yourself
transfer-learning-when | in what situations should you not reuse a pretrained model
classification-to-regression-head | swap the last layer of an image classifier to predict a number
transfer-learning-hyperparameters | how many layers to freeze and which learning rate for fine tuning
multi-task-learning | one network trained on several objectives at once
knowledge-distillation | training a small student from a large teacher model
tensorflow-preference | what makes Google's deep learning library so popular
tensor | multi dimensional arrays in deep learning
tensorflow-programming-elements | constants, variables and placeholders
computational-graph | nodes are operations and edges carry data
dl-data-structures | which containers hold data in deep learning programs
dl-frameworks | which libraries do you know for building neural networks
project-walkthrough | tell me about something you built and the tools you used
project-deep-dive | why did you choose this architecture in your own code, explain every detail
"""

SECOND = """
deep-learning-applications | where does one meet deep learning in everyday life
deep-vs-shallow-networks | is it better to go deep or to go wide
network-depth | why would adding further layers help a model
perceptron-vs-logistic-regression | how does the classical perceptron differ from logistic regression
shared-bias-hidden-layer | can a whole hidden layer make do with a single bias
backprop-derivation | please write down the backprop equations step by step on the board
model-capacity | how do you tell how much a network is able to fit
fourier-transform-in-dl | what use has the Fourier transform in deep learning
activation-ranges | between which values do the outputs of tanh and sigmoid lie
binary-step-function | why can't you train with a hard threshold activation
leaky-relu | how does a leaky version of relu differ from the ordinary one
swish-function | tell me about the swish activation
relu-then-sigmoid-output | a colleague stacks a sigmoid on a relu as output, is that wise
batch-size-impact | how does changing the batch size influence the final model quality
learning-rate-search | how would you go about tuning the learning rate
momentum-too-high | what do you expect when momentum gets very near to one
optimizer-role | what does an optimiser actually do during learning
rmsprop | how does RMSprop scale its updates
adamw | how is AdamW different from plain Adam
hessian-second-order | why are second derivatives rarely used for training networks
why-cross-entropy | why is cross-entropy the usual choice with several classes
zero-initialisation | is it fine to set every weight to zero in the beginning
shuffle-minibatch | why do we mix up the training examples before building mini-batches
overfitting-definition | how would you define overfitting
reducing-overfitting | your deep model overfits badly, which countermeasures do you know
dropout-at-test-time | is dropout active when you evaluate on the test set
dropout-speed | what is the influence of dropout on training time and on prediction time
l2-as-weight-decay | why do people call L2 regularisation weight decay
l2-rnn-vanishing | does adding L2 to an RNN make the vanishing gradient worse
data-augmentation | what can you do to artificially enlarge an image dataset
batchnorm-hyperparameters | which settings has a batch normalisation layer
layer-normalisation | when would you prefer layer norm to batch norm
pooling | why do CNNs contain pooling layers
cnn-vs-dense-images | what speaks for convolutions rather than dense layers when the input is an image
cnn-visualisation | how could you find out which part of a picture made the network decide
cnn-1d-signals | would you use a CNN on an ECG recording
depthwise-separable-convolution | how does a depthwise separable convolution save computation
residual-networks | what is the idea behind ResNets
feedforward-vs-recurrent | contrast a feedforward with a recurrent network
backprop-through-time | how is a recurrent network trained, which version of backprop
lstm-gates | name the gates inside an LSTM and what they do
gru-vs-lstm | why might a GRU be faster than an LSTM
many-to-one-rnn | give an example of a recurrent network that reads many inputs and gives one output
bilstm-assumption | can I use a BiLSTM for live speech that arrives word by word
transformer-vs-rnn | why did transformers replace recurrent networks
gan | how do the two players in a GAN learn from each other
autoencoder-definition | what is an autoencoder
deep-autoencoder | what makes an autoencoder deep
boltzmann-machine | what is a Boltzmann machine
vanishing-gradient | describe the vanishing gradient problem
exploding-gradient-signs | which symptoms tell you that gradients are exploding
exploding-gradient-fixes | how would you treat exploding gradients
loss-not-decreasing | the loss does not go down for the first epochs, what might be the reasons
underfitting-diagnosis | both training and validation errors are large and similar, what does it tell you
transfer-learning-when | when does transfer learning make sense and when does it not
classification-to-regression-head | you have a network pretrained for classification and need regression, what do you change
transfer-learning-hyperparameters | which hyperparameters matter when you do transfer learning
multi-task-learning | what is multi-task learning and when does it help
knowledge-distillation | how can a big model teach a little one
tensorflow-preference | why do so many people go for TensorFlow
computational-graph | what is a computational graph
dl-frameworks | which deep learning frameworks have you worked with
project-walkthrough | walk me through a deep learning project of yours
"""


def read(block: str) -> Queries:
    """Return (question id, query) for each line of a block."""
    return [(name.strip(), query.strip()) for name, _, query in (line.partition("|") for line in block.strip().splitlines())]


def with_typing_errors(queries: Queries, share: float, seed: int = 5) -> Queries:
    """Return the queries with one error in a longer word of a share of them: a letter lost, swapped, changed or doubled."""
    rng = random.Random(seed)
    return [(name, misspelt(query, rng) if rng.random() < share else query) for name, query in queries]


def misspelt(query: str, rng: random.Random) -> str:
    """Return a query with one typing error in one of its words of five letters or more."""
    said = query.split()
    number = rng.choice([n for n, word in enumerate(said) if len(word) >= 5])
    word = said[number]
    at = rng.randrange(1, len(word) - 1)
    changed = rng.choice("abcdefghijklmnopqrstuvwxyz")
    middle = rng.choice(["", word[at + 1] + word[at], changed, 2 * word[at]])
    said[number] = word[:at] + middle + word[at + (2 if len(middle) == 2 and middle[0] != middle[1] else 1) :]
    return " ".join(said)


def recall(retriever: Retriever, queries: Queries) -> tuple[float, float]:
    """Return the shares of queries whose question is the first, and one of the first five."""
    found = [(name, [passage.question_id for passage in retriever.questions(query, 5)]) for name, query in queries]
    return statistics.fmean(name in ids[:1] for name, ids in found), statistics.fmean(name in ids for name, ids in found)


def median_time(retriever: Retriever, queries: Queries) -> float:
    """Return the median time per query in milliseconds."""
    times = []
    for _, query in queries:
        start = time.perf_counter()
        retriever.questions(query, 5)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    bank = load_bank().bank
    with tempfile.TemporaryDirectory() as folder:
        retrievers: dict[str, Retriever] = {"words": LexicalRetriever(bank)}
        embedders: list[Embedder] = [HashedEmbedder(), *(OnnxEmbedder(Path(model)) for model in arguments[:1])]
        opened = [open_index(bank, Path(folder) / embed.name, embed=embed) for embed in embedders]
        retrievers |= {retriever.status: retriever for retriever in opened}
        for label, block in (("first", FIRST), ("second", SECOND)):
            queries = [(name, query) for name, query in read(block) if name in bank]
            for status, retriever in retrievers.items():
                print(f"{label}, {len(queries)} queries, {status} {median_time(retriever, queries):.2f} ms")
                for share in (0.0, 0.1, 1.0):
                    first, five = recall(retriever, with_typing_errors(queries, share))
                    print(f"    typing errors in {share:4.0%}: recall@1 {first:.3f}, recall@5 {five:.3f}")
        for retriever in opened:
            retriever.close()


if __name__ == "__main__":
    main(sys.argv[1:])
