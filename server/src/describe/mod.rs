//! The interface, described for programs: printed from the descriptors that requests are checked by, so that a description
//! cannot say something else than what the server does.
//!
//! | file | holds |
//! |---|---|
//! | `cddl` | the representations in CBOR, RFC 8610 |
//! | `openapi` | the view over HTTP, OpenAPI 3.1 |

mod cddl;
mod openapi;

pub use cddl::{cddl, rule_name};
pub use openapi::{Interface, Kind, Own, Place, openapi};
