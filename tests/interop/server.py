"""An aiocoap server for our client to talk to, under OSCORE if the folder of a context is the argument. Prints its port when it
is ready; ends with its standard input."""

import asyncio
import sys

import aiocoap
from aiocoap import resource
from aiocoap.credentials import CredentialsMap
from aiocoap.oscore_sitewrapper import OscoreSiteWrapper


class Note(resource.ObservableResource):
    """Text that can be read, in part too, replaced, appended to, cleared and observed."""

    def __init__(self):
        super().__init__()
        self.text = b"hello"

    def get_link_description(self):
        return {**super().get_link_description(), "rt": "note", "ct": "0"}

    async def render_get(self, request):
        response = aiocoap.Message(payload=self.text, content_format=0)
        response.opt.etag = (1 + len(self.text)).to_bytes(2, "big").lstrip(b"\0")
        if response.opt.etag in request.opt.etags:
            return aiocoap.Message(code=aiocoap.VALID, etag=response.opt.etag)
        return response

    async def render_fetch(self, request):
        return aiocoap.Message(payload=self.text[: int(request.payload)], content_format=0)

    async def render_put(self, request):
        self.text = request.payload
        self.updated_state()
        return aiocoap.Message(code=aiocoap.CHANGED)

    async def render_post(self, request):
        self.text += request.payload
        return aiocoap.Message(code=aiocoap.CHANGED, payload=self.text)

    async def render_delete(self, request):
        self.text = b""
        return aiocoap.Message(code=aiocoap.DELETED)


class Slow(resource.Resource):
    """Answers after its acknowledgement."""

    async def render_get(self, request):
        # aiocoap acknowledges a request that takes longer than a tenth of a second.
        await asyncio.sleep(0.5)
        return aiocoap.Message(payload=b"at last", content_format=0)


async def main():
    site = resource.Site()
    site.add_resource([".well-known", "core"], resource.WKCResource(site.get_resources_as_linkheader))
    site.add_resource(["note"], Note())
    site.add_resource(["slow"], Slow())
    if len(sys.argv) > 1:
        credentials = CredentialsMap()
        credentials.load_from_dict({":client": {"oscore": {"basedir": sys.argv[1]}}})
        site = OscoreSiteWrapper(site, credentials)
    context = await aiocoap.Context.create_server_context(
        site, bind=("127.0.0.1", 0), transports=["udp6"]
    )
    socket = context.request_interfaces[0].token_interface.message_interface.transport
    print(socket.get_extra_info("socket").getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await context.shutdown()


asyncio.run(main())
