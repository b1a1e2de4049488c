"""Mutators: from a good file to one that is nearly good, by its own structure, to what lies behind a checksum too.

Each takes the bytes and a generator of random numbers, and returns other bytes. What cannot be read as what it should
be is changed as plain bytes.
"""

from __future__ import annotations

import copy
import gzip
import hashlib
import io
import json
import random
import tomllib
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import tomli_w

__all__ = [
    "Mutator",
    "csv_changed",
    "gzip_of",
    "idx_changed",
    "json_changed",
    "json_model_changed",
    "members_of",
    "npy_of",
    "npz_changed",
    "raw_changed",
    "resealed",
    "resealed_members",
    "sealed_changed",
    "text_changed",
    "toml_changed",
    "zipped",
]

Mutator = Callable[[bytes, random.Random], bytes]

MARK = b"softreg sha256 "
WORDS = (
    *(
        "",
        " ",
        "\0",
        "a",
        "\x1b[2J\x1b]0;x\x07",
        "\u202eevil",
        "\x9b31m",
        "\r",
        "\b",
        "\t",
        "\n",
        '"',
        ",",
        "a,b",
        "=1+1",
    ),
    *("../../up", "/tmp/x", "inf", "-inf", "nan", "1e400", "1e-400", "-0", "0x10", "1_000", "١٢", "9" * 25, "null"),
    *("true", "auto", "constant", "y", "a is missing", "c=u", "p_k", "\ud800", "\U0001f600", "x" * 300, "-", "last"),
)
NUMBERS = (0, 1, -1, 2, 3, 255, 256, 2**31, 2**32, 2**53 + 1, 2**63, 2**64, 10**12, 10**20, 10**400, -(10**12))
FLOATS = (0.0, -0.0, 0.5, 1.5, -1.5, 1e-320, 1e-30, 1e30, 1e154, 1.7e308, -1.7e308, float("inf"), float("nan"))


def value(rng: random.Random) -> Any:
    """Return a value that JSON can hold, seldom one that is meant."""
    kind = rng.randrange(7)
    if kind == 0:
        return rng.choice([None, True, False, [], {}, [[]], [None], [0], {"": 0}])
    if kind in {1, 2}:
        return rng.choice(NUMBERS)
    if kind == 3:
        return rng.choice(FLOATS)
    if kind == 4:
        return [value(rng) for _ in range(rng.randrange(4))]
    if kind == 5 and rng.random() < 0.1:
        nested: Any = 0
        for _ in range(rng.choice([30, 300, 900])):
            nested = [nested] if rng.random() < 0.5 else {"a": nested}
        return nested
    return rng.choice(WORDS)


def _places(tree: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every (container, key) of a tree."""
    if len(found) < 2000:
        for key in tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
            found.append((tree, key))
            _places(tree[key], found)
    return found


def tree_changed(tree: Any, rng: random.Random) -> Any:
    """Return a tree of lists and objects that differs in a place or two."""
    tree = copy.deepcopy(tree)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        places = _places(tree, [])
        if not places or rng.random() < 0.01:
            tree = value(rng)
            continue
        holder, key = rng.choice(places)
        _change(holder, key, rng)
    return tree


def _change(holder: Any, key: Any, rng: random.Random) -> None:
    way, old = rng.randrange(10), holder[key]
    if way < 5:
        holder[key] = value(rng)
    elif way == 5:
        del holder[key]
    elif way == 6 and isinstance(old, int | float) and not isinstance(old, bool):
        holder[key] = rng.choice([-old, old + 1, old * 10, repr(old)[:30], [old]])
    elif way == 7 and isinstance(holder, dict):
        holder[str(rng.choice(WORDS))] = holder.pop(key)
    elif way == 8 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(old))
    else:
        holder[key] = rng.choice([[old], {"a": old}, str(old)[:50], [old, old]])


def raw_changed(content: bytes, rng: random.Random) -> bytes:
    """Return bytes that differ in a few places."""
    made = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4, 8])):
        at, way = rng.randrange(len(made) + 1), rng.randrange(6)
        if way == 0 and at < len(made):
            made[at] ^= 1 << rng.randrange(8)
        elif way == 1 and at < len(made):
            made[at] = rng.choice([0, 1, 9, 10, 13, 27, 34, 44, 127, 128, 255, rng.randrange(256)])
        elif way == 2:
            del made[at : at + rng.choice([1, 2, 4, 16, 256])]
        elif way == 3:
            made[at:at] = bytes(rng.randrange(256) for _ in range(rng.choice([1, 2, 4])))
        elif way == 4:
            made[at:at] = made[at : at + rng.choice([1, 8, 64])]
        else:
            made[at : at + 4] = rng.choice([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\x80"])
    return bytes(made)


def text_changed(content: bytes, rng: random.Random) -> bytes:
    """Return text in which a token, something between spaces, commas, colons and line ends, is another one."""
    separators = b" ,:;\n\t"
    starts = [0, *(place + 1 for place, byte in enumerate(content) if byte in separators)]
    start = rng.choice(starts)
    end = next((place for place in range(start, len(content)) if content[place] in separators), len(content))
    token = rng.choice([str(each) for each in (*WORDS, *NUMBERS, *FLOATS)]).encode("utf-8", "surrogatepass")
    return content[:start] + token + content[end:]


def csv_changed(content: bytes, rng: random.Random) -> bytes:
    """Return a text table with another cell, row, column, quotation mark, separator or encoding."""
    lines = content.split(b"\n")
    row, way = rng.randrange(len(lines)), rng.randrange(9)
    if way < 3:
        return text_changed(content, rng)
    if way == 3:
        lines[row] = lines[row].replace(b",", b',"', 1)
    elif way == 4:
        lines[row:row] = [rng.choice([b"", b"\r", b'""', b",", b'"', b"\xff\xfe", lines[row], lines[0]])]
    elif way == 5:
        lines = [line + b"," + rng.choice([b"", b"1", b"x", b'"z"']) for line in lines if line]
    elif way == 6:
        del lines[row]
    elif way == 7:
        mark = rng.choice([b";", b"\t", b"|", b" ", b"\r"])
        return content.replace(rng.choice([b",", b"\n", b"."]), mark)
    else:
        return content.decode("utf-8", "replace").encode(rng.choice(["utf-16", "utf-16-le", "utf-8-sig", "utf-7"]))
    return b"\n".join(lines)


def gzip_of(change: Mutator) -> Mutator:
    """Return the mutator of a gzip file whose content the given one changes; sometimes the gzip itself is damaged."""

    def changed(content: bytes, rng: random.Random) -> bytes:
        if rng.random() < 0.2:
            return raw_changed(content, rng)
        try:
            inside = gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            inside = content
        return gzip.compress(change(inside, rng), mtime=0)

    return changed


def json_changed(content: bytes, rng: random.Random) -> bytes:
    """Return a JSON document that differs in a place or two."""
    try:
        tree = json.loads(content)
        if rng.random() < 0.03:
            deep = b"[" * rng.choice([990, 100_000])
            return content.replace(b": ", b": " + deep, 1)
        return json.dumps(tree_changed(tree, rng), indent=rng.choice([None, 1])).encode()
    except (ValueError, RecursionError):
        return raw_changed(content, rng)


def json_model_changed(content: bytes, rng: random.Random) -> bytes:
    """Return a model in JSON that differs in a place, whose checksum mostly vouches for it."""
    try:
        tree = tree_changed(json.loads(content), rng)
        if "sha256" in tree and rng.random() < 0.9:
            del tree["sha256"]
            text = json.dumps(tree, sort_keys=True, separators=(",", ":"), allow_nan=False)
            tree["sha256"] = hashlib.sha256(text.encode("ascii")).hexdigest()
        return json.dumps(tree).encode()
    except (ValueError, TypeError, RecursionError):
        return raw_changed(content, rng)


def toml_changed(content: bytes, rng: random.Random) -> bytes:
    """Return a TOML document that differs in a place or two."""
    try:
        tree = tree_changed(tomllib.loads(content.decode()), rng)
        if rng.random() < 0.03:
            return content + b"\nfeatures = " + b"[" * rng.choice([90, 100_000])
        if rng.random() < 0.03:
            return content + b"\n[a" + b".b" * rng.choice([90, 10_000]) + b"]\nx = 1\n"
        return tomli_w.dumps(tree).encode()
    except (ValueError, TypeError, AttributeError, RecursionError):
        return text_changed(content, rng) if rng.random() < 0.5 else raw_changed(content, rng)


def idx_changed(content: bytes, rng: random.Random) -> bytes:
    """Return an IDX file whose header or values are others."""
    made, way = bytearray(content), rng.randrange(4)
    if way == 0 and len(made) > 8:
        place = 4 + 4 * rng.randrange(max(1, min(3, made[3])))
        made[place : place + 4] = rng.choice([0, 1, 2, 7, 255, 2**16, 2**31 - 1, 2**31, 2**32 - 1]).to_bytes(4, "big")
    elif way == 1:
        made[:4] = bytes(rng.choice([0, 0, 1, 3, 8, 8, 9, 13, 14, 255]) for _ in range(4))
    elif way == 2:
        return bytes(made[: rng.randrange(len(made) + 1)])
    else:
        return raw_changed(content, rng)
    return bytes(made)


def members_of(content: bytes) -> list[tuple[str, bytes]]:
    """Return the names and contents of a zip's members."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return [(member.filename, file.read(member)) for member in file.infolist()]


def resealed_members(members: list[tuple[str, bytes]], *, deflated: bool = False) -> bytes:
    """Return a sealed file of these members."""
    return zipped(members, seal=True, deflated=deflated)


def zipped(members: list[tuple[str, bytes]], *, seal: bool = False, deflated: bool = False) -> bytes:
    """Return a zip of these members."""
    buffer = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", kind) as file:
        warnings.simplefilter("ignore")  # two members may have one name
        for name, inside in members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = kind
            file.writestr(info, inside)
    content = buffer.getvalue()
    if not seal:
        return content
    content = content[:-2] + (len(MARK) + 64).to_bytes(2, "little") + MARK
    return content + hashlib.sha256(content).hexdigest().encode()


def resealed(content: bytes) -> bytes:
    """Return a sealed file, changed anywhere, with the seal that fits it."""
    if content[-64 - len(MARK) : -64] != MARK:
        return content
    return content[:-64] + hashlib.sha256(content[:-64]).hexdigest().encode()


def _array_changed(inside: bytes, rng: random.Random) -> bytes:
    """Another array: other numbers, another shape, another kind, or a header that lies."""
    try:
        values = np.load(io.BytesIO(inside), allow_pickle=False)
        if not isinstance(values, np.ndarray):
            raise ValueError("an archive within")
    except Exception:
        return raw_changed(inside, rng)
    if values.size > len(inside):  # of elements that take no byte there may be a million million
        return raw_changed(inside, rng)
    text = bytes(values.tobytes())
    if values.dtype == np.uint8 and text.startswith(b"PK"):
        return npy_of(np.frombuffer(sealed_changed(text, rng), np.uint8))
    if values.dtype == np.uint8 and text[:1] in {b"{", b"["}:
        return npy_of(np.frombuffer(json_changed(text, rng), np.uint8))
    way = rng.randrange(9)
    if way == 0:
        return npy_of(values[:-1] if values.ndim else values)
    if way == 1:
        return npy_of(values.ravel() if rng.random() < 0.5 else values.T)
    if way == 2:
        kind = rng.choice(["<f4", ">f8", "<i8", "u1", "<U3", "S2", "?", "<c16", "<M8[s]", "f2"])
        with np.errstate(all="ignore"):
            return npy_of(values.astype(kind) if values.dtype.kind in "iuf" and kind != "<M8[s]" else np.zeros(3, kind))
    if way == 3 and values.size and values.dtype.kind in "biuf":
        other = values.astype(np.float64).copy()
        other.flat[rng.randrange(other.size)] = rng.choice(FLOATS)
        return npy_of(other)
    if way == 4:
        return npy_of(
            np.zeros(rng.choice([(), (0,), (1,), (1, 1), (0, 3), (3, 0), (2, 2, 2)]), rng.choice(["f8", "u1"]))
        )
    if way in {5, 6}:
        shape = rng.choice(
            ["(1000000000000,)", "(-1,)", "(0,)", "(2, 3)", "(1, 1000000, 1000000)", "()", "('a',)", "[2]"]
        )
        kind = rng.choice(["<f8", "|O", "|V0", "<U0", "|S0", "|u1", "<f8, <i4", "|S1000000000"])
        return _lying(f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}", inside[-80:])
    if way == 7:
        return npy_of(np.concatenate([values, values]) if values.ndim else values)
    return raw_changed(inside, rng)


def npy_of(values: np.ndarray) -> bytes:
    """Return an array as the bytes of its file."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _lying(header: str, data: bytes) -> bytes:
    text = header.encode("latin1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def _npz(content: bytes, rng: random.Random, *, seal: bool) -> bytes:
    try:
        members = members_of(content)
    except Exception:  # a file that is no zip by now, in one of zipfile's many ways
        return raw_changed(content, rng)
    place, way = rng.randrange(max(1, len(members))), rng.randrange(12)
    if not members or way == 0:
        members.append((rng.choice(["y.npy", "../../up.npy", "feature_evil.npy", "metadata.npy", ""]), b"\x93NUMPY"))
    elif way == 1:
        del members[place]
    elif way == 2:
        members[place] = (rng.choice(["X.npy", "/x.npy", "columns.npy", "a\x1b[2J.npy", "\0"]), members[place][1])
    elif way == 3:
        other = rng.randrange(len(members))
        members[place] = (members[place][0], members[other][1])
    else:
        if rng.random() < 0.5:  # most is decided by what the metadata tell
            place = next((at for at, (name, _) in enumerate(members) if name == "metadata.npy"), place)
        members[place] = (members[place][0], _array_changed(members[place][1], rng))
    made = zipped(members, seal=seal, deflated=rng.random() < (0.05 if seal else 0.3))
    if rng.random() < 0.15:
        made = raw_changed(made, rng)
        return resealed(made) if seal else made
    return made


def npz_changed(content: bytes, rng: random.Random) -> bytes:
    """Return an ``.npz`` with another member, or another array in a member."""
    return _npz(content, rng, seal=False)


def sealed_changed(content: bytes, rng: random.Random) -> bytes:
    """Return a sealed ``.npz``, a model or a checkpoint, with another content under a seal that fits."""
    return _npz(content, rng, seal=True)
