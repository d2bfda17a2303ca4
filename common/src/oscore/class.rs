//! Which options are encrypted and which the way has to see, RFC 8613 §4.1.

use crate::wire::{Message, number};

/// Options that stand outside only (class U): for whoever forwards the message.
pub(super) const fn is_outer(option: u16) -> bool {
    matches!(
        option,
        number::URI_HOST | number::URI_PORT | number::OSCORE | number::PROXY_URI | number::PROXY_SCHEME
    )
}

/// Whether the message observes or notifies, which shows outside (§4.1.3.5).
pub(super) fn has_observe(message: &Message<'_>) -> bool {
    message.values(number::OBSERVE).next().is_some()
}
