import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from packshot.errors import WeightsError
from packshot.weights.ncnn import convert, parse_param

FLOAT16 = np.array([0x01306B47], "<u4").tobytes()
FLOAT32 = np.array([0], "<u4").tobytes()
IMAGE = np.random.default_rng(0).random((1, 3, 5, 4)).astype(np.float32)


def _graph(*lines):
    return "\n".join(["7767517", f"{len(lines)} {len(lines)}", *lines, ""])


def _floats(*values):
    return np.array(values, "<f4").tobytes()


def _run(param, blob, image=IMAGE):
    model = onnx.load_from_string(convert(param, blob))
    return ReferenceEvaluator(model).run(None, {model.graph.input[0].name: image})[0]


def test_arrays_and_numbers_are_parsed():
    (layer,) = parse_param(_graph("Convolution c 1 1 a b 0=16 1=3 9=2 -23310=1,0.1"))
    assert (layer.kind, layer.inputs, layer.outputs) == ("Convolution", ("a",), ("b",))
    assert layer.params == {0: (16.0,), 1: (3.0,), 9: (2.0,), 10: (0.1,)}


def test_constants_splits_and_gates():
    """2.55 * (x - m) * sigmoid(2.55 * (x - m)), the entry and the gate of SPAN."""
    param = _graph(
        "Input in 0 1 data 0=4 1=5 2=3",
        "MemoryData mean 0 1 mean 0=1 1=1 2=3",
        "BinaryOp sub 2 1 data mean centred 0=1",
        "BinaryOp mul 1 1 centred scaled 0=2 1=1 2=2.550000e+00",
        "Split split 1 2 scaled left right",
        "Sigmoid gate 1 1 right gated",
        "BinaryOp out 2 1 left gated out 0=2",
    )
    mean = np.array([0.1, 0.2, 0.3], np.float32)
    scaled = (IMAGE - mean[:, None, None]) * 2.55
    np.testing.assert_allclose(
        _run(param, _floats(*mean)), scaled / (1 + np.exp(-scaled)), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("flag", [FLOAT16, FLOAT32])
def test_convolution_by_hand(flag):
    """A 1x1 convolution is a matrix; an odd count of halves is padded to four bytes."""
    matrix = np.array([[1, 0, 0.5], [0, -2, 0], [0.25, 0, 1]], np.float32)
    stored = matrix.astype("<f2" if flag == FLOAT16 else "<f4").tobytes()
    blob = flag + stored + b"\0" * (-len(stored) % 4) + _floats(0.5, 0, -1)
    param = _graph(
        "Input in 0 1 data 0=4 1=5 2=3",
        "Convolution c 1 1 data out 0=3 1=1 5=1 6=9 9=2 -23310=1,0.1",
    )
    linear = np.einsum("oi,nihw->nohw", matrix, IMAGE) + np.array([0.5, 0, -1])[:, None, None]
    np.testing.assert_allclose(_run(param, blob), np.where(linear < 0, 0.1 * linear, linear), rtol=1e-5)


def test_deconvolution_doubles_pixels():
    """Stride 2 with a 2x2 kernel of ones on the diagonal repeats each pixel."""
    kernel = np.zeros((3, 3, 2, 2), np.float32)
    kernel[range(3), range(3)] = 1
    blob = FLOAT32 + kernel.astype("<f4").tobytes() + _floats(0, 0, 0)
    param = _graph("Input in 0 1 data 0=4 1=5 2=3", "Deconvolution d 1 1 data out 0=3 1=2 3=2 5=1 6=36")
    np.testing.assert_allclose(_run(param, blob), IMAGE.repeat(2, 2).repeat(2, 3), rtol=1e-6)


def test_pixel_shuffle_and_concat():
    param = _graph(
        "Input in 0 1 data 0=4 1=5 2=3",
        "Concat cat 4 1 data data data data wide 0=0",
        "PixelShuffle up 1 1 wide out 0=2",
    )
    wide = np.concatenate([IMAGE] * 4, 1)
    expected = wide.reshape(1, 3, 2, 2, 5, 4).transpose(0, 1, 4, 2, 5, 3).reshape(1, 3, 10, 8)
    np.testing.assert_array_equal(_run(param, b""), expected)


def test_what_is_not_understood_is_refused():
    with pytest.raises(WeightsError, match="layer Pooling is not known"):
        convert(_graph("Pooling p 1 1 a b"), b"")
    with pytest.raises(WeightsError, match="starts with"):
        convert("something else\n0 0\n", b"")


@pytest.mark.parametrize(("extra", "message"), [(b"\0\0\0\0", "4 bytes"), (None, "ends before")])
def test_numbers_must_fit_the_graph(extra, message):
    whole = FLOAT32 + _floats(*range(9)) + _floats(0, 0, 0)
    blob = whole[:-4] if extra is None else whole + extra
    param = _graph("Input in 0 1 data 0=4 1=5 2=3", "Convolution c 1 1 data out 0=3 1=1 5=1 6=9")
    with pytest.raises(WeightsError, match=message):
        convert(param, blob)
