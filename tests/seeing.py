"""A projector of random weights, with which a small language model sees: it says nonsense, and is asked as any other.

Written as GGUF (the specification in the ggml repository, docs/gguf.md), in the shape of LLaVA's "mlp" projector.
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SIDE, PATCH, WIDTH, LAYERS, HEADS, INNER = 28, 14, 32, 2, 2, 64
ALIGNED = 32


def projector(place: Path, embedding: int = 64) -> Path:
    """Write one for a language model whose embeddings have so many numbers."""
    import numpy as np

    chance = np.random.default_rng(7)

    def made(*shape: int, half: bool = True) -> Any:
        return (chance.standard_normal(shape) * 0.05).astype(np.float16 if half else np.float32)

    def flat(value: float, count: int) -> Any:
        return np.full(count, value, np.float32)

    tensors = {
        "v.class_embd": made(WIDTH, half=False), "v.patch_embd.weight": made(WIDTH, 3, PATCH, PATCH),
        "v.position_embd.weight": made((SIDE // PATCH) ** 2 + 1, WIDTH, half=False),
        "v.pre_ln.weight": flat(1, WIDTH), "v.pre_ln.bias": flat(0, WIDTH),
    }  # fmt: skip
    for layer in range(LAYERS):
        for name, out, into in (*((f"attn_{one}", WIDTH, WIDTH) for one in ("q", "k", "v", "out")),
                                ("ffn_up", INNER, WIDTH), ("ffn_down", WIDTH, INNER)):  # fmt: skip
            tensors[f"v.blk.{layer}.{name}.weight"] = made(out, into)
            tensors[f"v.blk.{layer}.{name}.bias"] = flat(0, out)
        for name in ("ln1", "ln2"):
            tensors[f"v.blk.{layer}.{name}.weight"] = flat(1, WIDTH)
            tensors[f"v.blk.{layer}.{name}.bias"] = flat(0, WIDTH)
    for name, into in (("mm.0", WIDTH), ("mm.2", embedding)):
        tensors[f"{name}.weight"] = made(embedding, into)
        tensors[f"{name}.bias"] = flat(0, embedding)
    about = {
        "general.architecture": "clip", "general.file_type": 1, "clip.has_vision_encoder": True,
        "clip.projector_type": "mlp", "clip.use_gelu": False, "clip.use_silu": False, "clip.vision.image_size": SIDE,
        "clip.vision.patch_size": PATCH, "clip.vision.embedding_length": WIDTH,
        "clip.vision.feed_forward_length": INNER, "clip.vision.projection_dim": embedding,
        "clip.vision.attention.head_count": HEADS, "clip.vision.attention.layer_norm_epsilon": 1e-5,
        "clip.vision.block_count": LAYERS, "clip.vision.image_mean": [0.48, 0.46, 0.41],
        "clip.vision.image_std": [0.27, 0.26, 0.28],
    }  # fmt: skip
    _write(place, about, tensors)
    return place


def _write(place: Path, about: Mapping[str, Any], tensors: Mapping[str, Any]) -> None:
    head = (
        b"GGUF"
        + struct.pack("<IQQ", 3, len(tensors), len(about))
        + b"".join(map(_value, *zip(*about.items(), strict=True)))
    )
    body = b""
    for name, tensor in tensors.items():
        sizes = b"".join(struct.pack("<Q", size) for size in reversed(tensor.shape))
        kind = 0 if tensor.dtype.itemsize == 4 else 1
        head += _text(name) + struct.pack("<I", tensor.ndim) + sizes + struct.pack("<IQ", kind, len(body))
        body += _padded(tensor.tobytes())
    place.write_bytes(_padded(head) + body)


def _value(key: str, value: Any) -> bytes:
    match value:
        case bool():
            return _text(key) + struct.pack("<I?", 7, value)
        case int():
            return _text(key) + struct.pack("<II", 4, value)
        case float():
            return _text(key) + struct.pack("<If", 6, value)
        case str():
            return _text(key) + struct.pack("<I", 8) + _text(value)
        case _:
            return _text(key) + struct.pack(f"<IIQ{len(value)}f", 9, 6, len(value), *value)


def _text(words: str) -> bytes:
    return struct.pack("<Q", len(words)) + words.encode()


def _padded(raw: bytes) -> bytes:
    return raw + b"\0" * (-len(raw) % ALIGNED)
