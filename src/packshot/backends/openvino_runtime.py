"""ONNX networks on the CPU through OpenVINO: one thread a call, deterministic, no telemetry."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[np.float32]
"""Float32 tensor (N, C, H, W)."""
Source = Path | bytes
"""An ONNX file, or its content."""

_lock = threading.Lock()


class OpenVinoNetwork:
    """A network that is read at the first call and compiled once for every thread that calls it.

    A compiled model with one stream serves one caller at a time, so each thread has its own; with one inner
    thread the work happens in the calling thread, where ``time.thread_time`` sees it.

    Args:
        source: gives the ONNX file or its bytes; called once, at the first inference.
        precision: numeric precision of inference, always stated: left alone, OpenVINO chooses by itself. A
            processor without bfloat16 computes a ``bf16`` network in float32, so that machines of different
            kinds can differ in the last levels.
    """

    def __init__(self, source: Callable[[], Source], precision: Literal["f32", "bf16"] = "f32") -> None:
        self._source = source
        self._precision = precision
        self._model: Any = None
        self._local = threading.local()

    def __call__(self, *tensors: Tensor) -> Tensor:
        """The network's first output for its inputs, in the file's order.

        Raises:
            WeightsError: the weights are not there and cannot be fetched.
        """
        request = getattr(self._local, "request", None)
        if request is None:
            request = self._local.request = self._compile()
        request.infer([np.ascontiguousarray(tensor, np.float32) for tensor in tensors])
        output: Tensor = request.get_output_tensor(0).data.copy()
        return output

    def _compile(self) -> Any:  # noqa: ANN401 - an openvino.InferRequest
        with _lock:
            core = _core()
            if self._model is None:
                self._model = core.read_model(self._source())
            settings = {
                "INFERENCE_NUM_THREADS": 1,
                "NUM_STREAMS": 1,
                "ENABLE_CPU_PINNING": False,
                "INFERENCE_PRECISION_HINT": self._precision,
            }
            return core.compile_model(self._model, "CPU", settings).create_infer_request()


@cache
def _core() -> Any:  # noqa: ANN401 - an openvino.Core
    # Importing openvino reports to its maker's statistics unless the reporting package cannot be imported; it
    # then uses its own stub.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    from openvino import Core  # noqa: PLC0415 - heavy, and only needed when a network runs

    return Core()
