"""Every method of a Twite server by aiocoap under OSCORE. The server's URI and the folder of the context are the arguments;
with a third one, refused, the server has no such context or another key, and says so without protection."""

import asyncio
import sys

import aiocoap
from aiocoap import CHANGED, CONTENT, CREATED, DELETE, DELETED, FETCH, GET, NOT_FOUND, POST, PUT
from aiocoap.oscore import NotAProtectedMessage

PATIENCE = 30
JSON = 50
BODY = bytes(at * at % 251 for at in range(5_000))


class Peer:
    """Asks; whatever comes back has to be protected."""

    def __init__(self, context, base):
        self.context, self.base = context, base

    async def ask(self, expected, code, path, payload=b"", **options):
        message = aiocoap.Message(code=code, uri=f"{self.base}/{path}", payload=payload)
        for name, value in options.items():
            setattr(message.opt, name, value)
        response = await asyncio.wait_for(self.context.request(message).response, PATIENCE)
        assert response.code == expected, f"{code} {path}: {response.code}, expected {expected}"
        assert "OSCORE" in type(response.remote).__name__, f"{code} {path}: not protected"
        return response


async def methods(peer):
    await peer.ask(CREATED, PUT, "a", b'{"field":1}', content_format=JSON)
    await peer.ask(CHANGED, PUT, "a", b'{"field":2}', content_format=JSON)
    read = await peer.ask(CONTENT, GET, "a")
    assert read.payload == b'{"field":2}', read.payload
    fetched = await peer.ask(CONTENT, FETCH, "a", b'{"fields":["field"]}', content_format=JSON, accept=JSON)
    assert fetched.payload == b'{"field":2}', fetched.payload
    child = await peer.ask(CREATED, POST, "a", b"child")
    await peer.ask(DELETED, DELETE, "/".join(child.opt.location_path))
    await peer.ask(DELETED, DELETE, "a")
    await peer.ask(NOT_FOUND, GET, "a")


async def blocks(peer):
    await peer.ask(CREATED, PUT, "large", BODY)
    read = await peer.ask(CONTENT, GET, "large")
    assert read.payload == BODY, f"{len(read.payload)} bytes, expected {len(BODY)}"
    await peer.ask(DELETED, DELETE, "large")


async def observation(peer):
    await peer.ask(CREATED, PUT, "seen", b"one")
    request = peer.context.request(aiocoap.Message(code=GET, uri=f"{peer.base}/seen", observe=0))
    first = await asyncio.wait_for(request.response, PATIENCE)
    assert (first.payload, first.opt.observe is not None) == (b"one", True), first
    heard = aiter(request.observation)
    for text in b"two", b"three":
        await peer.ask(CHANGED, PUT, "seen", text)
        told = await asyncio.wait_for(anext(heard), PATIENCE)
        assert told.payload == text, told
    request.observation.cancel()
    await peer.ask(DELETED, DELETE, "seen")


async def refused(peer):
    request = peer.context.request(aiocoap.Message(code=GET, uri=f"{peer.base}/a"))
    try:
        response = await asyncio.wait_for(request.response, PATIENCE)
    except NotAProtectedMessage as refusal:
        answer = refusal.plain_message
        print(answer.code.dotted, answer.payload.decode(), flush=True)
    else:
        raise AssertionError(f"{response.code}, expected a refusal")


async def main():
    base, folder, *mode = sys.argv[1:]
    context = await aiocoap.Context.create_client_context(transports=["oscore", "udp6"])
    context.client_credentials.load_from_dict({f"{base}/*": {"oscore": {"basedir": folder}}})
    peer = Peer(context, base)
    if mode == ["refused"]:
        await refused(peer)
    else:
        for check in methods, blocks, observation:
            await check(peer)
            print(check.__name__, flush=True)
    await context.shutdown()


asyncio.run(main())
