//! A request whose options were checked, RFC 7252 §5.4.

use core::num::NonZeroU8;

use coap_lite::{ObserveOption, RequestType, ResponseType};

use crate::wire::{
    Block, Code, Message, Options, RawOption, definition, is_critical, is_unsafe, number, uint,
};

/// A request that may be served: every critical option is understood, well-formed and not repeated
/// against its definition. Elective options that break theirs read as absent (§5.4.1, §5.4.3, §5.4.5).
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    message: Message<'a>,
    path: Segments<'a>,
    content_format: Option<u16>,
    accept: Option<u16>,
    block1: Option<Block>,
    size1: Option<u32>,
    block2: Option<Block>,
    observe: Option<u32>,
    no_response: u8,
    hop_limit: Option<NonZeroU8>,
    conditions: u8,
}

const IF_MATCH: u8 = 1;
const IF_NONE_MATCH: u8 = 2;
const ETAG: u8 = 4;

/// Why a request is refused before anybody looks at its resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rejection {
    /// 4.02: this critical option is unknown, malformed or repeated.
    BadOption(u16),
    /// 5.05: it asks for a proxy (§5.10.2).
    Proxy,
    /// 4.05: the method has no name (§5.8).
    Method,
    /// 4.00: a block size that is reserved (RFC 7959 §2.2).
    BlockSize,
    /// 4.00: a hop limit of 0 or beyond 255 (RFC 8768 §3).
    HopLimit,
}

impl Rejection {
    /// The response code.
    pub const fn code(self) -> ResponseType {
        match self {
            Self::BadOption(_) => ResponseType::BadOption,
            Self::Proxy => ResponseType::ProxyingNotSupported,
            Self::Method => ResponseType::MethodNotAllowed,
            Self::BlockSize | Self::HopLimit => ResponseType::BadRequest,
        }
    }

    /// One sentence for the client.
    pub const fn title(self) -> &'static str {
        match self {
            Self::BadOption(_) => "bad option",
            Self::Proxy => "no proxy",
            Self::Method => "unknown method",
            Self::BlockSize => "reserved block size",
            Self::HopLimit => "hop limit not between 1 and 255",
        }
    }
}

impl<'a> Request<'a> {
    /// Checks the options of a request message.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn check(message: Message<'a>) -> Result<Self, Rejection> {
        Self::read::<false>(message)
    }

    /// Checks the options of a request that is to be passed on (§5.7.1): it may ask for a proxy, and of the options that
    /// are unknown those are refused, elective ones too, that no proxy may pass on unknown.
    #[cfg(feature = "host")]
    #[inline(never)]
    pub fn check_for_proxy(message: Message<'a>) -> Result<Self, Rejection> {
        Self::read::<true>(message)
    }

    #[cfg_attr(not(target_os = "none"), inline(always))]
    fn read<const PROXY: bool>(message: Message<'a>) -> Result<Self, Rejection> {
        let mut checked = Self {
            message,
            path: Segments { options: Options::default() },
            content_format: None,
            accept: None,
            block1: None,
            size1: None,
            block2: None,
            observe: None,
            no_response: 0,
            hop_limit: None,
            conditions: 0,
        };
        let mut proxy = false;
        let mut location = false;
        let mut previous = 0;
        let mut options = message.options();
        loop {
            let before = options;
            let Some(RawOption { number, value }) = options.next() else { break };
            let repeated = number == previous;
            previous = number;
            // What nearly every option of nearly every request is.
            if number == number::URI_PATH && value.len() <= 255 {
                if !repeated {
                    checked.path = Segments { options: before };
                }
                continue;
            }
            let fits = definition(number).is_some_and(|definition| {
                (definition.repeatable || !repeated)
                    && (usize::from(definition.min)..=usize::from(definition.max)).contains(&value.len())
            });
            if !fits {
                if PROXY && definition(number).is_none() {
                    if is_unsafe(number) {
                        return Err(Rejection::BadOption(number));
                    }
                    continue;
                }
                let reserved_location = location && matches!(number, 128 | 132 | 136 | 140);
                if is_critical(number) || reserved_location {
                    return Err(Rejection::BadOption(number));
                }
                if number == number::HOP_LIMIT && !repeated {
                    beyond_a_byte(value)?;
                }
                continue;
            }
            match number {
                number::URI_QUERY => {}
                number::CONTENT_FORMAT => checked.content_format = short(value),
                number::ACCEPT => checked.accept = short(value),
                number::IF_MATCH => checked.conditions |= IF_MATCH,
                number::IF_NONE_MATCH => checked.conditions |= IF_NONE_MATCH,
                number::ETAG => checked.conditions |= ETAG,
                number::NO_RESPONSE => checked.no_response = value.first().copied().unwrap_or(0),
                number::HOP_LIMIT => checked.hop_limit = Some(hop_limit(value)?),
                number::OBSERVE => checked.observe = uint(value),
                number::BLOCK1 => checked.block1 = Some(block(value)?),
                number::BLOCK2 => checked.block2 = Some(block(value)?),
                number::SIZE1 => checked.size1 = uint(value),
                number::LOCATION_PATH | number::LOCATION_QUERY => location = true,
                number::PROXY_URI | number::PROXY_SCHEME => proxy = true,
                _ => {}
            }
        }
        if proxy && !PROXY {
            return Err(Rejection::Proxy);
        }
        if checked.method() == RequestType::UnKnown {
            return Err(Rejection::Method);
        }
        Ok(checked)
    }

    /// GET, POST, PUT, DELETE, FETCH, PATCH or iPATCH.
    pub fn method(&self) -> RequestType {
        self.message.code().method()
    }

    /// The method as a code.
    pub fn code(&self) -> Code {
        self.message.code()
    }

    /// The message it came in.
    pub const fn message(&self) -> &Message<'a> {
        &self.message
    }

    /// The Uri-Path segments in order, not checked to be text.
    pub const fn path(&self) -> Segments<'a> {
        self.path
    }

    /// The Uri-Query arguments in order.
    pub fn query(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        self.values(number::URI_QUERY)
    }

    /// Content-Format of the payload.
    pub const fn content_format(&self) -> Option<u16> {
        self.content_format
    }

    /// The only format the client wants.
    pub const fn accept(&self) -> Option<u16> {
        self.accept
    }

    /// Which block of the request's body this is (RFC 7959 §2.3); `None` for a body in one piece.
    pub fn block1(&self) -> Option<Block> {
        // Number 0 without more to come is a whole body.
        self.block1.filter(|block| block.number != 0 || block.more)
    }

    /// The Block1 option as it came, to be echoed.
    pub const fn block1_option(&self) -> Option<Block> {
        self.block1
    }

    /// The size of the whole body as announced.
    pub const fn size1(&self) -> Option<u32> {
        self.size1
    }

    /// The value of ours that comes back (RFC 9175 §2.2), if it is the only one.
    pub fn echo(&self) -> Option<&'a [u8]> {
        self.values(number::ECHO).next()
    }

    /// Which classes of responses the client does not want to hear, as the bits of RFC 7967 §2.1.
    pub const fn no_response(&self) -> u8 {
        self.no_response
    }

    /// How many proxies may still pass the request on (RFC 8768 §3); the server itself has no use for it.
    pub const fn hop_limit(&self) -> Option<NonZeroU8> {
        self.hop_limit
    }

    /// Whether the client wants to observe the resource, or no longer (RFC 7641 §2); other values mean nothing.
    pub const fn observe(&self) -> Option<ObserveOption> {
        match self.observe {
            Some(0) => Some(ObserveOption::Register),
            Some(1) => Some(ObserveOption::Deregister),
            _ => None,
        }
    }

    /// Which block of the response's body is wanted (RFC 7959 §2.4).
    pub const fn block2(&self) -> Option<Block> {
        self.block2
    }

    /// The payload of the message: the body, or one block of it.
    pub fn payload(&self) -> &'a [u8] {
        self.message.payload()
    }

    /// The values of a repeatable option; those of a length it may not have are left out.
    pub fn values(&self, number: u16) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        let (min, max) = definition(number)
            .map_or((0, usize::MAX), |definition| (usize::from(definition.min), usize::from(definition.max)));
        self.message.values(number).filter(move |value| (min..=max).contains(&value.len()))
    }

    /// Whether any of If-Match, If-None-Match and ETag is there.
    pub const fn is_conditional(&self) -> bool {
        self.conditions != 0
    }

    /// Whether there is an If-Match option.
    pub const fn has_if_match(&self) -> bool {
        self.conditions & IF_MATCH != 0
    }

    /// Whether there is an If-None-Match option.
    pub const fn if_none_match(&self) -> bool {
        self.conditions & IF_NONE_MATCH != 0
    }

    /// Whether an answer in `format` is welcome (§5.10.4).
    pub const fn accepts(&self, format: u16) -> bool {
        match self.accept {
            None => true,
            Some(wanted) => wanted == format,
        }
    }
}

fn block(value: &[u8]) -> Result<Block, Rejection> {
    uint(value).and_then(Block::from_option).ok_or(Rejection::BlockSize)
}

fn hop_limit(value: &[u8]) -> Result<NonZeroU8, Rejection> {
    value.first().and_then(|&hops| NonZeroU8::new(hops)).ok_or(Rejection::HopLimit)
}

/// A value of a wrong length is as good as absent (RFC 7252 §5.4.3), unless it says more than 255.
fn beyond_a_byte(value: &[u8]) -> Result<(), Rejection> {
    match value {
        [high @ .., _] if high.iter().any(|&byte| byte != 0) => Err(Rejection::HopLimit),
        _ => Ok(()),
    }
}

fn short(value: &[u8]) -> Option<u16> {
    uint(value).and_then(|number| u16::try_from(number).ok())
}

/// The segments of a path as they stand in the message.
#[derive(Clone, Copy, Debug)]
pub struct Segments<'a> {
    options: Options<'a>,
}

impl<'a> Iterator for Segments<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let option = self.options.next()?;
        (option.number == number::URI_PATH).then_some(option.value)
    }
}
