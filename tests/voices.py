"""A speaker model small enough to write down: the timbre (mean and spread of the filter banks), as a pack."""

from pathlib import Path

from tests.packs import write_pack


def speaker_model() -> bytes:
    """ONNX, [N, T, 80] -> [N, 160]: each band's mean and deviation over time, less their means over the bands."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    make = helper.make_node
    constants = [
        numpy_helper.from_array(np.asarray([1], np.int64), "time"),
        numpy_helper.from_array(np.asarray([2], np.int64), "bands"),
        numpy_helper.from_array(np.asarray(2.0, np.float32), "two"),
    ]
    nodes = [
        make("ReduceMean", ["x", "time"], ["mean"], keepdims=1),
        make("Sub", ["x", "mean"], ["rest"]),
        make("Mul", ["rest", "rest"], ["square"]),
        make("ReduceMean", ["square", "time"], ["variance"], keepdims=1),
        make("Sqrt", ["variance"], ["deviation"]),
        make("ReduceMean", ["mean", "bands"], ["loudness"], keepdims=1),
        make("Sub", ["mean", "loudness"], ["colour"]),
        make("ReduceMean", ["deviation", "bands"], ["swing"], keepdims=1),
        make("Sub", ["deviation", "swing"], ["shape"]),
        make("Mul", ["shape", "two"], ["spread"]),
        make("Concat", ["colour", "spread"], ["both"], axis=2),
        make("Flatten", ["both"], ["y"], axis=1),
    ]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", "t", 80])
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 160])
    graph = helper.make_graph(nodes, "timbre", [given], [made], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return model.SerializeToString()  # type: ignore[no-any-return]


def speaker_pack(shelf: Path) -> str:
    """Put the model on a shelf; return its reference."""
    described = {"adapter": "speaker", "file": "timbre.onnx", "threshold": 0.5, "features": {"mean": False}}
    write_pack(
        shelf, {"id": "timbre", "version": 1, "title": "Timbre", "models": {"speaker-embedding": described}},
        {"timbre.onnx": speaker_model()},
    )  # fmt: skip
    return "timbre@1"
