"""A node of aiocoap that registers with the directory of a Twite server and is found there. The server's URI is the argument."""

import asyncio
import sys

import aiocoap
import aiocoap.resource
from aiocoap import CONTENT, GET
from aiocoap.resourcedirectory.client.register import Registerer
from aiocoap.util.linkformat import parse


class Thermometer(aiocoap.resource.Resource):
    rt = "temperature"
    ct = 0

    async def render_get(self, request):
        return aiocoap.Message(payload=b"21.5", content_format=0)


async def look_up(context, uri):
    response = await asyncio.wait_for(context.request(aiocoap.Message(code=GET, uri=uri)).response, 20)
    assert response.code == CONTENT, response
    return parse(response.payload.decode()).links


async def until(condition):
    for _ in range(400):
        if await condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it does not come")


async def main():
    server = sys.argv[1]
    site = aiocoap.resource.Site()
    site.add_resource(["sensors", "temperature"], Thermometer())
    context = await aiocoap.Context.create_server_context(site, bind=("127.0.0.1", 0), transports=["udp6"])
    registerer = Registerer(context, server, lt=60, registration_parameters={"ep": "node1", "et": "thermometer"})

    async def registered():
        return len(await look_up(context, f"{server}/rd-lookup/ep?ep=node1")) == 1

    await until(registered)
    (endpoint,) = await look_up(context, f"{server}/rd-lookup/ep?et=thermometer")
    assert endpoint.ep == ["node1"] or endpoint.ep == "node1", endpoint
    (link,) = await look_up(context, f"{server}/rd-lookup/res?rt=temperature&ep=node1")
    read = await asyncio.wait_for(context.request(aiocoap.Message(code=GET, uri=link.href)).response, 20)
    assert read.payload == b"21.5", read
    print("found")
    await registerer.shutdown()

    async def gone():
        return not await look_up(context, f"{server}/rd-lookup/ep?ep=node1")

    await until(gone)
    print("gone")
    await context.shutdown()


asyncio.run(main())
