//! Whom a proxy speaks to for others, RFC 7252 §5.7 and RFC 8075, decided without a socket.
//!
//! | file | holds |
//! |---|---|
//! | `target` | what a request is about: a URI, or the options that say the same |
//! | `special` | addresses that are no place of the Internet |
//! | `allow` | the targets that the configuration allows |

mod allow;
mod special;
mod target;

pub use allow::{AllowList, Allowed};
pub use special::special;
pub use target::{Refused, Scheme, Target};
