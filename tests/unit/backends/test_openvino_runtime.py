from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from onnx import TensorProto, helper

from packshot.backends.openvino_runtime import OpenVinoNetwork


@pytest.fixture
def doubler():
    """A network of one node: y = x + x."""
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 3, "h", "w"]) for n in "xy"]
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "doubler", ends[:1], ends[1:])
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def test_any_size_runs_from_bytes_and_from_a_file(doubler, tmp_path):
    (tmp_path / "doubler.onnx").write_bytes(doubler)
    for source in (lambda: doubler, lambda: tmp_path / "doubler.onnx"):
        network = OpenVinoNetwork(source)
        for size in ((4, 5), (7, 3)):
            tensor = np.random.default_rng(0).random((1, 3, *size), np.float32)
            np.testing.assert_array_equal(network(tensor), 2 * tensor)


def test_nothing_is_loaded_before_the_first_call(doubler):
    calls = []
    network = OpenVinoNetwork(lambda: calls.append(1) or doubler)
    assert not calls
    network(np.zeros((1, 3, 2, 2), np.float32))
    network(np.zeros((1, 3, 2, 2), np.float32))
    assert calls == [1]


def test_results_are_not_overwritten_by_the_next_call(doubler):
    network = OpenVinoNetwork(lambda: doubler)
    first = network(np.ones((1, 3, 2, 2), np.float32))
    network(np.zeros((1, 3, 2, 2), np.float32))
    assert (first == 2).all()


def test_threads_share_a_network_and_agree(doubler):
    calls = []
    network = OpenVinoNetwork(lambda: calls.append(1) or doubler)
    tensors = [np.full((1, 3, 8 + i % 3, 8), i, np.float32) for i in range(24)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(network, tensors))
    assert calls == [1]
    assert all(result.shape == tensor.shape for result, tensor in zip(results, tensors, strict=True))
    assert [float(result.max()) for result in results] == [2.0 * i for i in range(24)]
