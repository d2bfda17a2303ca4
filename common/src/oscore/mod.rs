//! Floor 3, neighbour of `exchange`: security of messages from end to end, RFC 8613.
//!
//! A [`Context`] is what two endpoints share. It [protects](Context::protect_request) a message as it would go out
//! unprotected into another one, whose options and payload nobody on the way can read or change, and
//! [opens](Context::open_request) what the other side protected. AES-CCM-16-64-128 and HKDF SHA-256 only.
//!
//! What never happens: that one nonce protects two messages. A response without a Partial IV takes the nonce of its
//! request, once ([`Binding`], [`Awaited`]); everything else takes a number of the sender's own, which it may use only once storage
//! knows that it might have been used ([`Sequence`]). What was answered before the last restart is not known, so that
//! the [`Window`] of a resumed context accepts nothing until a request has shown that it is fresh.

mod binding;
mod cbor;
mod cipher;
mod class;
mod compressed;
mod context;
mod derivation;
mod identifier;
mod open;
mod partial_iv;
mod protect;
mod refusal;
mod sequence;
mod window;

pub use binding::{Awaited, Binding};
pub use compressed::Compressed;
pub use context::{Context, Parameters, Start};
pub use identifier::{IdContext, Identifier};
pub use open::Opened;
pub use partial_iv::PartialIv;
pub use protect::OVERHEAD;
pub use refusal::{ParameterError, ProtectError, Refusal};
pub use sequence::{AHEAD, Sequence, SequenceStore};
pub use window::Window;
