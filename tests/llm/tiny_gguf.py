"""Writes a tiny llama with random weights as a GGUF file, format version 3, with nothing but the standard library.

The format is described in docs/gguf.md of the ggml project. One residual channel is constant and gives the tokens that end strings
and objects a bias, so that random weights come to an end under a grammar.
"""

import random
import struct

WIDTH, LAYERS, HEADS, HIDDEN, WINDOW = 32, 1, 2, 64, 8192
FAVOURED = ('"', "}", ":", " ", ".", "?")
UINT32, FLOAT32, BOOL, STRING, ARRAY, INT32 = 4, 6, 7, 8, 9, 5
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def write_tiny_gguf(path):
    """Write the file and return its path."""
    tokens, scores, kinds = _vocabulary()
    tensors = _tensors(tokens)
    with path.open("wb") as file:
        values = _metadata(tokens, scores, kinds)
        file.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values)))
        for key, kind, value in values:
            file.write(_string(key) + struct.pack("<I", kind) + _value(kind, value))
        offset = 0
        for name, shape, data in tensors:
            file.write(_string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset))
            offset += -(-4 * len(data) // 32) * 32
        file.write(b"\0" * (-file.tell() % 32))
        for _, _, data in tensors:
            file.write(struct.pack(f"<{len(data)}f", *data))
            file.write(b"\0" * (-file.tell() % 32))
    return path


def _vocabulary():
    """Return tokens, scores and kinds: three special ones, all bytes, printable ASCII with the space as SentencePiece has it."""
    special = ["<unk>", "<s>", "</s>"]
    numbers = [f"<0x{byte:02X}>" for byte in range(256)]
    letters = ["\u2581", *(chr(code) for code in range(33, 127))]
    tokens = [*special, *numbers, *letters]
    kinds = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, *[NORMAL] * len(letters)]
    return tokens, [0.0] * 259 + [-float(i) for i in range(len(letters))], kinds


def _metadata(tokens, scores, kinds):
    return [
        ("general.architecture", STRING, "llama"), ("general.name", STRING, "tiny"), ("general.alignment", UINT32, 32),
        ("llama.context_length", UINT32, WINDOW), ("llama.embedding_length", UINT32, WIDTH), ("llama.block_count", UINT32, LAYERS),
        ("llama.feed_forward_length", UINT32, HIDDEN), ("llama.attention.head_count", UINT32, HEADS),
        ("llama.attention.head_count_kv", UINT32, HEADS), ("llama.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5),
        ("llama.rope.dimension_count", UINT32, WIDTH // HEADS), ("llama.vocab_size", UINT32, len(tokens)),
        ("tokenizer.ggml.model", STRING, "llama"), ("tokenizer.ggml.tokens", ARRAY, (STRING, tokens)),
        ("tokenizer.ggml.scores", ARRAY, (FLOAT32, scores)), ("tokenizer.ggml.token_type", ARRAY, (INT32, kinds)),
        ("tokenizer.ggml.bos_token_id", UINT32, 1), ("tokenizer.ggml.eos_token_id", UINT32, 2),
        ("tokenizer.ggml.unknown_token_id", UINT32, 0), ("tokenizer.ggml.add_bos_token", BOOL, True),
        ("tokenizer.chat_template", STRING, TEMPLATE),
    ]  # fmt: skip


def _tensors(tokens):
    """Return (name, shape, data); the fastest dimension comes first in a shape."""
    rng = random.Random(7)

    def matrix(columns, rows, scale=0.1):
        return [rng.gauss(0.0, scale) for _ in range(columns * rows)]

    embeddings, output = matrix(WIDTH, len(tokens)), matrix(WIDTH, len(tokens))
    for row, token in enumerate(tokens):
        embeddings[row * WIDTH] = 4.0  # the constant channel
        output[row * WIDTH] = 1.5 if token.replace("\u2581", " ") in FAVOURED or token == "</s>" else 0.0
    ones = [1.0] * WIDTH
    tensors = [("token_embd.weight", (WIDTH, len(tokens)), embeddings)]
    for layer in range(LAYERS):
        square = [(f"blk.{layer}.attn_{part}.weight", (WIDTH, WIDTH), matrix(WIDTH, WIDTH)) for part in ("q", "k", "v", "output")]
        tensors += [(f"blk.{layer}.attn_norm.weight", (WIDTH,), ones), *square, (f"blk.{layer}.ffn_norm.weight", (WIDTH,), ones)]
        tensors += [
            (f"blk.{layer}.ffn_gate.weight", (WIDTH, HIDDEN), matrix(WIDTH, HIDDEN)),
            (f"blk.{layer}.ffn_up.weight", (WIDTH, HIDDEN), matrix(WIDTH, HIDDEN)),
            (f"blk.{layer}.ffn_down.weight", (HIDDEN, WIDTH), matrix(HIDDEN, WIDTH)),
        ]
    return [*tensors, ("output_norm.weight", (WIDTH,), ones), ("output.weight", (WIDTH, len(tokens)), output)]


def _string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(kind, value):
    if kind == ARRAY:
        inner, items = value
        return struct.pack("<IQ", inner, len(items)) + b"".join(_value(inner, item) for item in items)
    if kind == STRING:
        return _string(value)
    return struct.pack({UINT32: "<I", INT32: "<i", FLOAT32: "<f", BOOL: "<?"}[kind], value)
