"""ncnn networks as ONNX: the layers that SPAN and waifu2x's upconv_7 are made of.

A ``.param`` file holds the graph, a ``.bin`` file the numbers. Formats: the ncnn wiki, "param and model file
structure" and "operation param weight table".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from packshot.errors import WeightsError
from packshot.weights.store import paths

_MAGIC = "7767517"
_FLOAT16 = 0x01306B47  # the flag before a blob of half floats; 0 stands before float32
_ARRAY_KEYS = -23300  # keys from here downwards hold arrays
_OPSET = 17
_BINARY = {0: "Add", 1: "Sub", 2: "Mul"}
_LINEAR, _LEAKY_RELU = 0, 2  # kinds of activation

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Layer:
    """One line of a ``.param`` file: what it computes, from which blobs into which, with what parameters."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: Mapping[int, tuple[float, ...]]

    def number(self, key: int, default: int = 0) -> int:
        """A parameter as an integer."""
        return int(self.params.get(key, (default,))[0])


def onnx_of(name: str) -> bytes:
    """The ncnn weight called ``name`` in the lock as an ONNX model.

    Raises:
        UnknownNameError, WeightsError: as :func:`packshot.weights.store.paths`.
    """
    param, blob = paths(name)
    return convert(param.read_text(encoding="ascii"), blob.read_bytes())


def convert(param: str, blob: bytes) -> bytes:
    """A serialised ONNX model with input and output float32 (1, 3, H, W), H and W free.

    Raises:
        WeightsError: a layer is not among those known here, or the numbers do not fit the graph.
    """
    graph = _Graph(blob)
    for layer in parse_param(param):
        graph.add(layer)
    return graph.serialised()


def parse_param(text: str) -> list[Layer]:
    """The layers of a ``.param`` file in order.

    Raises:
        WeightsError: the text does not start with ncnn's magic number.
    """
    magic, _counts, *lines = text.split("\n")
    if magic.strip() != _MAGIC:
        raise WeightsError(name="ncnn", detail=f"the .param text starts with {magic[:20]!r}, not {_MAGIC}.")
    return [_parse_line(line.split()) for line in lines if line.strip()]


def _parse_line(words: list[str]) -> Layer:
    kind, name, inputs, outputs = words[0], words[1], int(words[2]), int(words[3])
    blobs, settings = words[4 : 4 + inputs + outputs], words[4 + inputs + outputs :]
    params = {}
    for setting in settings:
        key, value = setting.split("=")
        numbers = tuple(float(part) for part in value.split(","))
        # An array is written as -(23300 + key)=count,first,second,...
        array = int(key) <= _ARRAY_KEYS
        params[_ARRAY_KEYS - int(key) if array else int(key)] = numbers[1:] if array else numbers
    return Layer(kind, name, tuple(blobs[:inputs]), tuple(blobs[inputs:]), params)


class _Numbers:
    """Reads a ``.bin`` from front to back."""

    def __init__(self, blob: bytes) -> None:
        self._blob, self._at = blob, 0

    def floats(self, count: int) -> Floats:
        """``count`` float32 as they lie there."""
        return self._take(count, "<f4").astype(np.float32)

    def weights(self, count: int) -> Floats:
        """``count`` numbers behind a flag that says how they are stored, padded to four bytes."""
        flag = int(self._take(1, "<u4")[0])
        if flag not in (0, _FLOAT16):
            raise WeightsError(name="ncnn", detail=f"storage flag {flag:#x} is neither float32 nor float16.")
        numbers = self._take(count, "<f2" if flag else "<f4").astype(np.float32)
        self._at += -self._at % 4
        return numbers

    def check_end(self) -> None:
        """Every number must have found its layer."""
        if self._at != len(self._blob):
            left = len(self._blob) - self._at
            raise WeightsError(
                name="ncnn", detail=f"{left} bytes of the .bin are left over after the last layer."
            )

    def _take(self, count: int, dtype: str) -> NDArray[Any]:
        size = count * np.dtype(dtype).itemsize
        if self._at + size > len(self._blob):
            raise WeightsError(name="ncnn", detail="the .bin ends before the numbers of the graph do.")
        numbers = np.frombuffer(self._blob, dtype, count, self._at)
        self._at += size
        return numbers


class _Graph:
    """An ONNX graph that grows layer by layer; one method a kind of layer."""

    def __init__(self, blob: bytes) -> None:
        self._numbers = _Numbers(blob)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._alias: dict[str, str] = {}
        self._input = self._output = ""
        self._adders = {
            "Input": self._add_input,
            "Split": self._add_split,
            "MemoryData": self._add_memory_data,
            "Convolution": self._add_convolution,
            "Deconvolution": self._add_convolution,
            "Sigmoid": self._add_sigmoid,
            "Swish": self._add_swish,
            "BinaryOp": self._add_binary,
            "Concat": self._add_concat,
            "PixelShuffle": self._add_pixel_shuffle,
        }

    def add(self, layer: Layer) -> None:
        if layer.kind not in self._adders:
            known = ", ".join(self._adders)
            raise WeightsError(
                name="ncnn", detail=f"layer {layer.kind} is not known here; known are {known}."
            )
        inputs = tuple(self._alias.get(name, name) for name in layer.inputs)
        self._adders[layer.kind](replace(layer, inputs=inputs))
        self._output = layer.outputs[0]

    def serialised(self) -> bytes:
        self._numbers.check_end()
        ends = (self._input, "height", "width"), (self._output, "out_height", "out_width")
        first, last = (
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 3, *size]) for name, *size in ends
        )
        graph = helper.make_graph(self._nodes, "ncnn", [first], [last], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())

    def _node(self, operator: str, inputs: Sequence[str], output: str, **attributes: object) -> str:
        self._nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def _constant(self, name: str, values: Floats) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _add_input(self, layer: Layer) -> None:
        self._input = layer.outputs[0]

    def _add_split(self, layer: Layer) -> None:
        """A blob under several names."""
        self._alias.update(dict.fromkeys(layer.outputs, layer.inputs[0]))

    def _add_memory_data(self, layer: Layer) -> None:
        width, height, channels = (max(layer.number(key), 1) for key in (0, 1, 2))
        values = self._numbers.floats(width * height * channels)
        self._constant(layer.outputs[0], values.reshape(1, channels, height, width))

    def _add_convolution(self, layer: Layer) -> None:
        """Square kernel, its numbers as (out, in, k, k), then the bias; leaky ReLU may follow."""
        out, kernel, count = layer.number(0), layer.number(1), layer.number(6)
        weights = self._numbers.weights(count).reshape(out, -1, kernel, kernel)
        transposed = layer.kind == "Deconvolution"
        if transposed:
            weights = weights.transpose(1, 0, 2, 3)
        bias = self._numbers.floats(out)
        activation = layer.number(9)
        if activation not in (_LINEAR, _LEAKY_RELU) or layer.number(2, 1) != 1:
            raise WeightsError(
                name="ncnn", detail=f"{layer.name} has an activation or dilation unknown here."
            )
        inputs = (
            layer.inputs[0],
            self._constant(f"{layer.name}.weight", weights),
            self._constant(f"{layer.name}.bias", bias),
        )
        leaky = activation == _LEAKY_RELU
        convolved = self._node(
            "ConvTranspose" if transposed else "Conv",
            inputs,
            f"{layer.name}.linear" if leaky else layer.outputs[0],
            kernel_shape=[kernel] * 2,
            pads=[layer.number(4)] * 4,
            strides=[layer.number(3, 1)] * 2,
        )
        if leaky:
            self._node("LeakyRelu", [convolved], layer.outputs[0], alpha=layer.params[10][0])

    def _add_sigmoid(self, layer: Layer) -> None:
        self._node("Sigmoid", layer.inputs, layer.outputs[0])

    def _add_swish(self, layer: Layer) -> None:
        gate = self._node("Sigmoid", layer.inputs, f"{layer.name}.gate")
        self._node("Mul", [layer.inputs[0], gate], layer.outputs[0])

    def _add_binary(self, layer: Layer) -> None:
        """Two blobs, or a blob and a number."""
        inputs = list(layer.inputs)
        if layer.number(1):
            inputs.append(self._constant(f"{layer.name}.number", np.array(layer.params[2], np.float32)))
        self._node(_BINARY[layer.number(0)], inputs, layer.outputs[0])

    def _add_concat(self, layer: Layer) -> None:
        self._node("Concat", layer.inputs, layer.outputs[0], axis=1)

    def _add_pixel_shuffle(self, layer: Layer) -> None:
        self._node("DepthToSpace", layer.inputs, layer.outputs[0], blocksize=layer.number(0), mode="CRD")
