"""Networks as ONNX files: written whole or not at all, and run as the product runs them."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
import openvino
import torch
from torch import Tensor, nn

OPSET = 17


def write(
    net: nn.Module,
    path: Path,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    axes: Mapping[str, Mapping[int, str]],
) -> None:
    """Write ``net`` to ``path``, replacing the file only when it is whole.

    Args:
        net: is copied and put to evaluation.
        path: of the file.
        inputs: one example each, by name.
        outputs: their names.
        axes: which dimensions may differ from the example, by input and output, and what they are called.
    """
    unfinished = path.with_suffix(".part")
    torch.onnx.export(
        copy.deepcopy(net).cpu().eval(), tuple(inputs.values()), str(unfinished), input_names=list(inputs),
        output_names=list(outputs), dynamic_axes=axes, opset_version=OPSET, dynamo=False,
    )  # fmt: skip
    onnx.checker.check_model(str(unfinished))
    unfinished.replace(path)


def in_float32(path: Path) -> openvino.CompiledModel:
    """The network in ``path`` as OpenVINO runs it in float32."""
    core = openvino.Core()
    return core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
