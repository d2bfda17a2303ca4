"""Lets schemathesis send links: what it makes up is text."""

import schemathesis


@schemathesis.serializer("application/link-format")
def serialize(context, value):
    return {"data": str(value).encode()}
