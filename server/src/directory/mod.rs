//! A resource directory, RFC 9176, without sockets and clocks: who registered, what they have, and who finds it.
//!
//! | file | holds |
//! |---|---|
//! | `parameters` | what the query of a registration says |
//! | `links` | the links of an endpoint, in the limited link format |
//! | `registration` | an endpoint, its lifetime and its links |
//! | `lookup` | criteria and pages |

mod links;
mod lookup;
mod parameters;
mod registration;

pub use links::{LONGEST, check};
pub use lookup::{Lookup, Registered, endpoints, resources};
pub use parameters::{BASE, Parameters, base_of};
pub use registration::{Registration, name_of};
