"""A board by aiocoap: its readings, its lamp, an observation. The board's URI is the argument; behind it may stand the
folder of an OSCORE context, under which everything is asked then."""

import asyncio
import sys

import aiocoap
from aiocoap import CHANGED, CONTENT, GET, PUT

PATIENCE = 60
ON, OFF, WARM = bytes.fromhex("a100f5"), bytes.fromhex("a100f4"), bytes.fromhex("a100f94d60")


async def main():
    base, *folder = sys.argv[1:]
    transports = ["oscore", "udp6"] if folder else ["udp6"]
    context = await aiocoap.Context.create_client_context(transports=transports)
    if folder:
        context.client_credentials.load_from_dict({f"{base}*": {"oscore": {"basedir": folder[0]}}})

    async def ask(expected, code, path, payload=b"", **options):
        message = aiocoap.Message(code=code, uri=base + path, payload=payload)
        for name, value in options.items():
            setattr(message.opt, name, value)
        response = await asyncio.wait_for(context.request(message).response, PATIENCE)
        assert response.code == expected, f"{code} {path}: {response.code}, expected {expected}"
        assert ("OSCORE" in type(response.remote).__name__) == bool(folder), f"{code} {path}: {response.remote}"
        return response

    assert (await ask(CONTENT, GET, "sensors/board/temperature")).payload == WARM
    request = context.request(aiocoap.Message(code=GET, uri=base + "lamps/board", observe=0))
    first = await asyncio.wait_for(request.response, PATIENCE)
    assert (first.payload, first.opt.observe is not None) == (OFF, True), first
    heard = aiter(request.observation)
    await ask(CHANGED, PUT, "lamps/board", ON, content_format=60)
    while (await asyncio.wait_for(anext(heard), PATIENCE)).payload != ON:
        pass
    request.observation.cancel()
    print("done")
    await context.shutdown()


asyncio.run(main())
