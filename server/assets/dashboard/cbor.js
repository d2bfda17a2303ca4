// What JSON can say, as CBOR (RFC 8949).

/** The bytes of a value that came from JSON. */
export function encode(value) {
  const bytes = [];
  write(value, bytes);
  return new Uint8Array(bytes);
}

function write(value, bytes) {
  if (value === null) bytes.push(0xf6);
  else if (typeof value === "boolean") bytes.push(value ? 0xf5 : 0xf4);
  else if (typeof value === "number") number(value, bytes);
  else if (typeof value === "string") {
    const text = new TextEncoder().encode(value);
    head(3, text.length, bytes);
    for (const byte of text) bytes.push(byte);
  } else if (Array.isArray(value)) {
    head(4, value.length, bytes);
    for (const item of value) write(item, bytes);
  } else {
    const members = Object.entries(value);
    head(5, members.length, bytes);
    for (const [name, member] of members) {
      write(name, bytes);
      write(member, bytes);
    }
  }
}

function number(value, bytes) {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    if (value >= 0) head(0, value, bytes);
    else head(1, -1 - value, bytes);
    return;
  }
  const view = new DataView(new ArrayBuffer(8));
  const short = Math.fround(value) === value;
  if (short) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  bytes.push(short ? 0xfa : 0xfb);
  for (let at = 0; at < (short ? 4 : 8); at++) bytes.push(view.getUint8(at));
}

function head(major, argument, bytes) {
  const first = major << 5;
  if (argument < 24) return bytes.push(first | argument);
  const size = [1, 2, 4, 8].find((size) => argument < 2 ** (8 * size));
  bytes.push(first | (24 + Math.log2(size)));
  for (let at = size - 1; at >= 0; at--) bytes.push(Math.floor(argument / 2 ** (8 * at)) % 256);
}
