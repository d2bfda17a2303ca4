"""Writes the seeds of one fuzz target into a folder: the datagrams of tests/vectors in the target's form, and a few
inputs that vectors have no use for. Arguments: the target, the folder."""

import hashlib
import json
import pathlib
import sys

VECTORS = pathlib.Path(__file__).parent.parent / "vectors" / "malformed.json"


def datagrams():
    return [bytes.fromhex(vector["hex"]) for vector in json.loads(VECTORS.read_text())["datagrams"]]


def payloads():
    return [datagram.partition(b"\xff")[2] for datagram in datagrams()]


def step(what, peer=0, how=0, more=b""):
    return bytes([what | peer << 4 | how << 6]) + more


def sliced(data):
    return bytes([len(data)]) + data


def sequences():
    """As fuzz_targets/sequences.rs reads them: a seed, then steps."""
    taken = [datagram for datagram in datagrams() if len(datagram) < 256]
    second, day = (1000).to_bytes(2, "big"), (21_094).to_bytes(2, "big")
    for datagram in taken:
        yield b"\0" + step(0, more=sliced(datagram)) * 2
    lamp, observe = b"\xb5lamps\x01a", b"\x60\x5blamps\x01a"
    post = step(0, more=sliced(b"\x41\x02\0\x01t" + lamp))
    yield b"\1" + post + step(7, more=second) + post + step(7, how=3, more=day) + post
    register = step(0, more=sliced(b"\x41\x01\0\x02o" + observe))
    for how in range(2):
        yield b"\2" + register + (step(10) + step(7, more=second) + step(6, how=how, more=b"\0")) * 3
    yield b"\3" + register + (step(10) + step(7, how=1, more=day)) * 4
    get = sliced(b"\x41\x01\0\x03g" + lamp)
    for pause in b"", step(7, more=second):
        yield b"\4" + step(0, how=2, more=get) + pause + step(12, more=sliced(b"later")) + step(6, more=b"\0")
    for how in range(4):
        for answer in range(4):
            yield b"\5" + step(13, how=how, more=sliced(b"body")) + step(6, how=answer, more=sliced(b"\xffbody"))
    yield b"\6" + step(14) + step(6, how=1, more=b"\0") + step(14) * 6 + step(15)
    yield b"\7" + step(0, peer=3, more=sliced(b"\x51\x01\0\x04m" + lamp)) + step(7, how=1, more=second)
    put = [b"\x41\x03\0" + bytes([9 + at]) + b"b" + lamp + b"\x11\x3c\xd1\x02" + bytes([value]) + b"\xff" + body
           for at, (value, body) in enumerate([(0x08, b"\xa1\x00\xf5" + b"\0" * 13), (0x10, b"\0")])]
    yield b"\x08" + b"".join(step(0, more=sliced(datagram)) for datagram in put)


def blocks():
    """As fuzz_targets/blocks.rs reads them: what is done, then blocks."""
    def block(number, more, body, choice=0):
        return bytes([choice, number << 4 | more << 3, 0]) + sliced(body)

    full = bytes(range(16))
    yield b"\0" + block(0, 1, full) + block(1, 1, full) + block(2, 0, b"end")
    yield b"\0" + block(0, 1, full) + block(0, 1, full, 1) + block(1, 0, b"a") + block(1, 0, b"b", 1)
    yield b"\0" + block(0, 1, full) + block(2, 1, full)
    for exponent in range(7):
        yield b"\1" + (1000 + exponent).to_bytes(2, "big") + bytes([exponent]) + bytes([6, 4, 2, 0]) * 8
    yield b"\2" + bytes([1, 0, 1, 1, 0, 2])


def links():
    """As fuzz_targets/links.rs reads them: a listing, or a choice, a window, a filter and two links."""
    yield b'</sensors/1>;rt="temperature-c a";if=s;ct="0 60";sz=1280;obs,</>;title="say \\"hi\\""'
    yield b'</a>;rt,<b,</c>;rt="x, ,;,</d>;=1,</e>'
    for query in b"rt=lamp", b"rt=l*", b"href=/lamps*", b"ct=60", b"obs=*", b"title=\"A\"", b"sz=*", b"if=s":
        texts = [b"lamps/1", b"lamp x", b"s", b"A \"b\" \\", "é/ü %".encode(), b"", b"", b"\xc2\xa0"]
        yield b"\x06\x07" + sliced(query) + b"\0\x3c\0\0" + b"".join(sliced(text) for text in texts)


def representations():
    """Bodies of the catalog, and what RFC 8949 has besides."""
    texts = ["a100f94d60", "a200fb4035800000000000011a65000000", "a200f5011864", "a200f40103", "a30005011927db02185a",
             "bf00f94d60ff", "a10018f5", "a10019ffff", "83c0bfffc0c0bfff2c", "5f42010243030405ff", "7f657374726561646d696e67ff",
             "d9d9f7a100f93c00", "c11a514b67b0", "f97e00", "fb7ff8000000000000", "9f018202039f0405ffff", "a201020102"]
    yield from map(bytes.fromhex, texts)
    yield from payloads()


def oscore():
    """As fuzz_targets/oscore.rs reads them: a start, then steps."""
    def ask(plain, how=0):
        return bytes([1 | how << 6]) + sliced(plain)

    reserve, get, observe = b"\x07", b"\x41\x01\0%cq\xb1a", b"\x41\x01\0%cq\x60\x51a"
    post = b"\x41\x02\0\x05q\xb1a\xffbody"
    for start in b"\0", b"\1":
        yield start + reserve + ask(get % 1) + b"\x04" + ask(get % 2, 1) + ask(post, 2)
        yield start + reserve + ask(observe % 1, 2) + (b"\x05" + b"\x0f\x13\x88") * 4 + reserve
        yield start + reserve + ask(post) + bytes([3, 3, 1]) + bytes([3, 0, 0]) + b"\x04"
        yield start + reserve + b"\x06" + b"\x0f\x20\0" * 3
    yield from (b"\0" + reserve + b"\0" + sliced(datagram) for datagram in datagrams() if len(datagram) < 256)


def main():
    name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    for seed in globals().get(name, datagrams)():
        (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


main()
