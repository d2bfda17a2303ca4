"""A board by aiocoap: its readings, its lamp, an observation. The board's URI is the argument."""

import asyncio
import sys

import aiocoap
from aiocoap import CHANGED, CONTENT, GET, PUT

ON, OFF, WARM = bytes.fromhex("a100f5"), bytes.fromhex("a100f4"), bytes.fromhex("a100f94d60")


async def main():
    context = await aiocoap.Context.create_client_context(transports=["udp6"])
    base = sys.argv[1]

    async def ask(expected, code, path, payload=b"", **options):
        message = aiocoap.Message(code=code, uri=base + path, payload=payload)
        for name, value in options.items():
            setattr(message.opt, name, value)
        response = await asyncio.wait_for(context.request(message).response, 20)
        assert response.code == expected, f"{code} {path}: {response.code}, expected {expected}"
        return response

    assert (await ask(CONTENT, GET, "sensors/board/temperature")).payload == WARM
    request = context.request(aiocoap.Message(code=GET, uri=base + "lamps/board", observe=0))
    first = await asyncio.wait_for(request.response, 20)
    assert (first.payload, first.opt.observe is not None) == (OFF, True), first
    heard = aiter(request.observation)
    await ask(CHANGED, PUT, "lamps/board", ON, content_format=60)
    while (await asyncio.wait_for(anext(heard), 20)).payload != ON:
        pass
    request.observation.cancel()
    print("done")
    await context.shutdown()


asyncio.run(main())
