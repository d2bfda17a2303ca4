"""Observing and large bodies by aiocoap, of a Twite server with the plugtest resources. Its URI is the argument."""

import asyncio
import sys

import aiocoap
from aiocoap import CHANGED, CONTENT, CREATED, GET, POST, PUT
from aiocoap.transports.udp6 import UDP6EndpointAddress

PATIENCE = 20


async def ask(context, expected, code, uri, payload=b"", **options):
    message = aiocoap.Message(code=code, uri=uri, payload=payload)
    for name, value in options.items():
        setattr(message.opt, name, value)
    response = await asyncio.wait_for(context.request(message).response, PATIENCE)
    assert response.code == expected, f"{code} {uri}: {response.code}, expected {expected}"
    return response


async def observe(context, base):
    """Hears of a change that the resource makes by itself, and of one that somebody else makes."""
    request = context.request(aiocoap.Message(code=GET, uri=f"{base}/obs", observe=0))
    first = await asyncio.wait_for(request.response, PATIENCE)
    assert first.code == CONTENT and first.opt.observe is not None, first
    heard = aiter(request.observation)
    by_itself = await asyncio.wait_for(anext(heard), PATIENCE)
    assert by_itself.payload != first.payload and by_itself.code == CONTENT, by_itself
    await ask(context, CHANGED, PUT, f"{base}/obs", b"new", content_format=0)
    while (await asyncio.wait_for(anext(heard), PATIENCE)).payload != b"new":
        pass
    request.observation.cancel()


async def large(context, base, length, exponent):
    """A body there and back in blocks of one size."""
    UDP6EndpointAddress.maximum_block_size_exp = exponent
    body = bytes(at * at % 251 for at in range(length))
    uri = f"{base}/large/{exponent}"
    await ask(context, CREATED, PUT, uri, body)
    for first in None, (0, False, exponent):
        read = await ask(context, CONTENT, GET, uri, block2=first)
        assert read.payload == body, f"{len(read.payload)} bytes, expected {length}"
    posted = await ask(context, CHANGED, POST, f"{base}/large-post", b"text" * 1000, content_format=0)
    assert posted.payload == b"TEXT" * 1000, posted


async def main():
    context = await aiocoap.Context.create_client_context(transports=["udp6"])
    await observe(context, sys.argv[1])
    await large(context, sys.argv[1], 64 << 10, 0)
    await large(context, sys.argv[1], 1 << 20, 6)
    print("done")
    await context.shutdown()


asyncio.run(main())
