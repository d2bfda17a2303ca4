"""Every method of a Twite server by aiocoap, each once confirmable and once not. The server's URI is the argument."""

import asyncio
import sys

import aiocoap
from aiocoap import CHANGED, CONTENT, CREATED, DELETE, DELETED, GET, NOT_FOUND, POST, PRECONDITION_FAILED, PUT, VALID

CBOR, JSON, LINK = 60, 50, 40
# {0: 21.5}
READING = bytes.fromhex("a100f94d60")


class Peer:
    """Sends requests to the server, all confirmable or none."""

    def __init__(self, context, base, tuning):
        self.context, self.base, self.tuning = context, base, tuning

    async def ask(self, expected, code, path, payload=b"", **options):
        message = aiocoap.Message(
            code=code, uri=f"{self.base}/{path}", payload=payload, transport_tuning=self.tuning
        )
        for name, value in options.items():
            setattr(message.opt, name, value)
        response = await asyncio.wait_for(self.context.request(message).response, 20)
        assert response.code == expected, f"{code} {path} {options}: {response.code}, expected {expected}"
        return response


async def methods(peer, name):
    path = f"{name}/sensors"
    created = await peer.ask(CREATED, PUT, path, READING, content_format=CBOR)
    changed = await peer.ask(CHANGED, PUT, path, READING, content_format=CBOR)
    assert created.opt.etag != changed.opt.etag
    read = await peer.ask(CONTENT, GET, path)
    assert (read.payload, int(read.opt.content_format)) == (READING, CBOR), read
    child = await peer.ask(CREATED, POST, path, b"child")
    assert child.opt.location_path[:2] == tuple(path.split("/")), child.opt.location_path
    read = await peer.ask(CONTENT, GET, "/".join(child.opt.location_path))
    assert read.payload == b"child", read
    for _ in range(2):
        await peer.ask(DELETED, DELETE, path)
    await peer.ask(NOT_FOUND, GET, path)


async def conditions(peer, name):
    path = f"{name}/note"
    old = (await peer.ask(CREATED, PUT, path, b"one")).opt.etag
    valid = await peer.ask(VALID, GET, path, etags=[old])
    assert (valid.payload, valid.opt.etag) == (b"", old), valid
    new = (await peer.ask(CHANGED, PUT, path, b"two", if_match=[old])).opt.etag
    await peer.ask(PRECONDITION_FAILED, PUT, path, b"lost", if_match=[old])
    await peer.ask(PRECONDITION_FAILED, PUT, path, b"lost", if_none_match=True)
    read = await peer.ask(CONTENT, GET, path, etags=[old])
    assert (read.payload, read.opt.etag) == (b"two", new), read


async def formats(peer, name):
    path = f"sensors/{name}/temperature"
    await peer.ask(CREATED, PUT, path, READING, content_format=CBOR)
    read = await peer.ask(CONTENT, GET, path, accept=JSON)
    assert (read.payload, int(read.opt.content_format)) == (b'{"celsius":21.5}', JSON), read
    refused = await peer.ask(aiocoap.NOT_ACCEPTABLE, GET, path, accept=LINK)
    assert refused.opt.content_format != LINK, refused
    await peer.ask(aiocoap.BAD_REQUEST, PUT, path, READING + b"\0", content_format=CBOR)
    await peer.ask(aiocoap.UNSUPPORTED_CONTENT_FORMAT, PUT, path, READING)
    await peer.ask(aiocoap.METHOD_NOT_ALLOWED, POST, path, READING, content_format=CBOR)


async def blocks(peer, name):
    body = bytes(at * at % 251 for at in range(20_000))
    await peer.ask(CREATED, PUT, f"{name}/large", body)
    read = await peer.ask(CONTENT, GET, f"{name}/large")
    assert read.payload == body, f"{len(read.payload)} bytes, expected {len(body)}"


async def observation(peer, name):
    path = f"{name}/observed"
    await peer.ask(CREATED, PUT, path, b"one")
    message = aiocoap.Message(code=GET, uri=f"{peer.base}/{path}", observe=0, transport_tuning=peer.tuning)
    request = peer.context.request(message)
    first = await asyncio.wait_for(request.response, 20)
    assert (first.payload, first.opt.observe is not None) == (b"one", True), first
    notifications = aiter(request.observation)
    for text in b"two", b"three":
        await peer.ask(CHANGED, PUT, path, text)
        told = await asyncio.wait_for(anext(notifications), 20)
        assert told.payload == text, told
    await peer.ask(DELETED, DELETE, path)
    # The 4.04 that tells of it ends the iteration, whether aiocoap shows it or not.
    told = await asyncio.wait_for(anext(notifications, None), 20)
    assert told is None or told.code == NOT_FOUND, told


async def discovery(peer, name):
    links = await peer.ask(CONTENT, GET, ".well-known/core")
    assert int(links.opt.content_format) == LINK, links
    assert f"</sensors/{name}/temperature>".encode() in links.payload, links.payload
    links = await peer.ask(CONTENT, GET, ".well-known/core?rt=temperature")
    assert all(b'rt="temperature"' in link for link in links.payload.split(b",")), links.payload


async def main():
    context = await aiocoap.Context.create_client_context(transports=["udp6"])
    for name, tuning in ("con", aiocoap.Reliable), ("non", aiocoap.Unreliable):
        peer = Peer(context, sys.argv[1], tuning)
        for check in methods, conditions, formats, blocks, observation, discovery:
            await check(peer, name)
            print(f"{name} {check.__name__}")
    await context.shutdown()


asyncio.run(main())
