"""A body of 1 MiB to a Twite server and back by aiocoap, in blocks of 1024 and of 16 bytes. The URI is the argument."""

import asyncio
import sys

import aiocoap
from aiocoap import CONTENT, CREATED, GET, PUT
from aiocoap.transports.udp6 import UDP6EndpointAddress

BODY = b"".join(number.to_bytes(4, "big") for number in range(1 << 18))


async def there_and_back(context, uri, exponent):
    UDP6EndpointAddress.maximum_block_size_exp = exponent
    written = await context.request(aiocoap.Message(code=PUT, uri=uri, payload=BODY)).response
    assert written.code == CREATED, written
    read = await context.request(aiocoap.Message(code=GET, uri=uri, block2=(0, False, exponent))).response
    assert (read.code, len(read.payload)) == (CONTENT, len(BODY)), read
    assert read.payload == BODY, "another body came back"
    assert read.opt.block2.size_exponent == exponent, read


async def main():
    context = await aiocoap.Context.create_client_context(transports=["udp6"])
    for exponent in 6, 0:
        await there_and_back(context, f"{sys.argv[1]}/large/{exponent}", exponent)
        print(16 << exponent, flush=True)
    await context.shutdown()


asyncio.run(main())
