//! A request on its way to somebody else, and what comes back.

use std::num::NonZeroU8;

use twite::base::Duration;
use twite::exchange::ETag;
use twite::wire::{Code, Message, RawOption, RequestType, number, uint};

use super::target::Target;

/// Options by number, in ascending order.
pub type Options = Vec<(u16, Vec<u8>)>;

/// What somebody is asked.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whom, for what.
    pub target: Target,
    /// How.
    pub method: RequestType,
    /// The options that go with it: those of the client that are its target's business.
    pub options: Options,
    /// How many further proxies may pass it on (RFC 8768).
    pub hops: NonZeroU8,
    /// The whole body.
    pub body: Vec<u8>,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its code.
    pub code: Code,
    /// Its options but those that are about one hop: blocks, Observe.
    pub options: Options,
    /// The whole body.
    pub payload: Vec<u8>,
}

/// Max-Age of a response that has none (RFC 7252 §5.10.5), in seconds.
const MAX_AGE: u32 = 60;

/// How many proxies may pass a request on that says nothing of it (RFC 8768 §3).
pub const HOPS: NonZeroU8 = NonZeroU8::new(16).unwrap();

/// Whether an option is a matter of one hop: between a client and its proxy, or a proxy and its target.
const fn is_of_one_hop(option: u16) -> bool {
    matches!(
        option,
        number::URI_HOST
            | number::URI_PORT
            | number::URI_PATH
            | number::URI_QUERY
            | number::PROXY_URI
            | number::PROXY_SCHEME
            | number::HOP_LIMIT
            | number::OBSERVE
            | number::BLOCK1
            | number::BLOCK2
            | number::SIZE1
            | number::SIZE2
            | number::NO_RESPONSE
            | number::ECHO
            | number::REQUEST_TAG
    )
}

/// The options of a message that go further.
#[must_use]
pub fn forwarded(message: &Message<'_>) -> Options {
    let options = message.options().filter(|option| !is_of_one_hop(option.number));
    options.map(|option| (option.number, option.value.to_vec())).collect()
}

impl Wanted {
    /// All options of the request to the target: its own, and where it is there.
    #[must_use]
    pub fn all_options(&self) -> Options {
        let uri = &self.target.uri;
        let mut options = self.options.clone();
        options.extend(uri.uri_host_option().map(|host| (number::URI_HOST, host.as_bytes().to_vec())));
        options.extend(uri.path.iter().map(|segment| (number::URI_PATH, segment.clone().into_bytes())));
        options.extend(uri.query.iter().map(|argument| (number::URI_QUERY, argument.clone().into_bytes())));
        options.push((number::HOP_LIMIT, vec![self.hops.get()]));
        // Options of one number keep their order.
        options.sort_by_key(|(number, _)| *number);
        options
    }

    /// The ETags that the client holds.
    pub fn etags(&self) -> impl Iterator<Item = &[u8]> {
        let etags = self.options.iter().filter(|(option, _)| *option == number::ETAG);
        etags.map(|(_, value)| value.as_slice())
    }

    /// Whether it is on a condition that only the target can judge.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        let judged = [number::IF_MATCH, number::IF_NONE_MATCH];
        self.options.iter().any(|(option, _)| judged.contains(option))
    }
}

impl Reply {
    /// A reply of ours with nothing but a code.
    #[must_use]
    pub fn of(code: impl Into<Code>) -> Self {
        Self { code: code.into(), options: Vec::new(), payload: Vec::new() }
    }

    /// The response in a message, with the whole body of which the message has the last part.
    #[must_use]
    pub fn new(message: &Message<'_>, payload: Vec<u8>) -> Self {
        let options = forwarded(message);
        Self { code: message.code(), options, payload }
    }

    /// The first option of this number.
    #[must_use]
    pub fn option(&self, number: u16) -> Option<&[u8]> {
        self.options.iter().find(|(known, _)| *known == number).map(|(_, value)| value.as_slice())
    }

    /// The first option of this number as an unsigned integer.
    #[must_use]
    pub fn uint(&self, number: u16) -> Option<u32> {
        self.option(number).and_then(uint)
    }

    /// Names the representation.
    #[must_use]
    pub fn etag(&self) -> Option<ETag> {
        self.option(number::ETAG).and_then(ETag::new)
    }

    /// The format of the body.
    #[must_use]
    pub fn content_format(&self) -> Option<u16> {
        self.uint(number::CONTENT_FORMAT).and_then(|format| u16::try_from(format).ok())
    }

    /// How many seconds it stays fresh.
    #[must_use]
    pub fn max_age(&self) -> u32 {
        self.uint(number::MAX_AGE).unwrap_or(MAX_AGE)
    }

    /// The same with another Max-Age in seconds.
    #[must_use]
    pub fn with_max_age(mut self, seconds: u32) -> Self {
        self.options.retain(|(number, _)| *number != number::MAX_AGE);
        let bytes = seconds.to_be_bytes();
        let value = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
        let at = self.options.partition_point(|(number, _)| *number < number::MAX_AGE);
        self.options.insert(at, (number::MAX_AGE, value));
        self
    }

    /// The same after it was kept for a time: it is fresh for less.
    #[must_use]
    pub fn aged(self, age: Duration) -> Self {
        let age = u32::try_from(age.as_micros() / 1_000_000).unwrap_or(u32::MAX);
        let left = self.max_age().saturating_sub(age);
        self.with_max_age(left)
    }

    /// The values of an option of text, joined.
    #[must_use]
    pub fn joined(&self, number: u16, between: &str) -> String {
        let values = self.options.iter().filter(|(known, _)| *known == number);
        let texts: Vec<_> = values.map(|(_, value)| String::from_utf8_lossy(value)).collect();
        texts.join(between)
    }
}

/// Options lent to a message.
#[must_use]
pub fn raw(options: &Options) -> Vec<RawOption<'_>> {
    options.iter().map(|(number, value)| RawOption { number: *number, value }).collect()
}

/// Whether a response has an option that a proxy must know and does not (RFC 7252 §5.7.1).
#[must_use]
pub fn has_unsafe(message: &Message<'_>) -> bool {
    const UNSAFE: u16 = 2;
    message
        .options()
        .any(|option| option.number & UNSAFE != 0 && twite::wire::definition(option.number).is_none())
}
