//! A fixed answer in which message id and token are patched.

/// Content-Format 0 and five bytes of text, behind an ETag as Twite sends one.
const CONTENT: &[u8] = b"\x41\x01\x80\xffhello";

/// The longest answer: header, token and what follows.
pub const LONGEST: usize = 32;

/// Writes the acknowledgement of a request; its length, 0 for what is no confirmable request.
pub fn write(request: &[u8], answer: &mut [u8; LONGEST]) -> usize {
    let Some(&[first, code, high, low]) = request.first_chunk::<4>() else { return 0 };
    let token = usize::from(first & 0x0f);
    if first & 0xf0 != 0x40 || token > 8 || !(1..=4).contains(&code) || request.len() < 4 + token {
        return 0;
    }
    let (code, rest): (u8, &[u8]) = if code == 1 { (0x45, CONTENT) } else { (0x44, &[]) };
    answer[..4].copy_from_slice(&[first | 0x20, code, high, low]);
    answer[4..4 + token].copy_from_slice(&request[4..4 + token]);
    answer[4 + token..4 + token + rest.len()].copy_from_slice(rest);
    4 + token + rest.len()
}

/// Whether it is a GET that observes; the option Observe comes first, since the requests name no host.
pub fn observes(request: &[u8]) -> bool {
    let token = usize::from(request.first().map_or(0, |first| first & 0x0f));
    request.get(1) == Some(&1) && request.get(4 + token) == Some(&0x60)
}
