//! Whom a proxy speaks to for others, RFC 7252 §5.7 and RFC 8075, decided without a socket.
//!
//! | file | holds |
//! |---|---|
//! | `target` | what a request is about: a URI, or the options that say the same |
//! | `special` | addresses that are no place of the Internet |
//! | `allow` | the targets that the configuration allows |
//! | `message` | what is passed on of a request and of its response |
//! | `translation` | requests and responses in the words of HTTP |
//! | `cache` | responses that are kept while they are fresh |

mod allow;
mod cache;
mod message;
mod special;
mod target;
mod translation;

pub use allow::{AllowList, Allowed};
pub use cache::{Cache, Found, Key};
pub use message::{HOPS, Options, Reply, Wanted, forwarded, has_unsafe, raw};
pub use special::special;
pub use target::{Refused, Scheme, Target};
pub use translation::{Translated, reply};
