//! Who may do what: identities, their roles, and the roles' permissions (path pattern and methods, RFC 9237).
//!
//! ```toml
//! [identities.anonymous]          # whoever proves nothing; may do nothing unless it stands here
//! roles = ["reader"]
//!
//! [identities.gateway]
//! roles = ["reader", "writer"]
//! bearer = ["sha256:…"]           # hashes of tokens, made by `twite token`
//! oscore = ["gateway"]            # names of OSCORE contexts
//!
//! [roles.reader]
//! permissions = [
//!     { path = ".well-known/core", methods = ["GET"] },
//!     { path = "sensors/**", methods = ["GET", "FETCH"] },
//! ]
//!
//! [roles.writer]
//! permissions = [{ path = "sensors/{id}/temperature", methods = ["PUT", "iPATCH"] }]
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `methods` | one of the two parts of a permission; the other is a pattern of paths |
//! | `token` | bearer tokens and their hashes |
//! | `decision` | what is answered to who may not |
//! | `file` | its TOML document, checked as a whole before anything of it counts |
//! | `withdrawal` | what a policy takes away from who had it under the one before |
//! | `describe` | what identity may do what, for people |
//! | this file | the policy and its one decision |

mod decision;
mod describe;
mod file;
mod methods;
mod token;
mod withdrawal;

use std::path::Path;

use foldhash::HashMap;
use subtle::ConditionallySelectable as _;
use twite::wire::RequestType;

pub use decision::Denial;
pub use methods::Methods;
pub use token::{TokenHash, generate};
pub use withdrawal::Withdrawal;

pub use crate::pattern::{Pattern, segments};

use crate::config::ConfigError;

/// A policy. Whatever it does not permit is denied.
#[derive(Debug)]
pub struct Policy {
    /// The first one is the anonymous identity.
    identities: Vec<Identity>,
    /// By the names of OSCORE contexts.
    contexts: HashMap<String, Caller>,
    tokens: Vec<(TokenHash, Caller)>,
}

/// Somebody, and what that one may do.
#[derive(Debug, Default)]
struct Identity {
    name: String,
    roles: Vec<String>,
    /// Those of all roles.
    permissions: Vec<Permission>,
}

/// Some methods at some paths.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Permission {
    pattern: Pattern,
    methods: Methods,
}

/// What a transport has proved of who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof<'p> {
    /// Nothing.
    Nothing,
    /// That it has the keys of the OSCORE context of this name.
    Oscore(&'p str),
}

/// Who asks, by its number in one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Caller(u16);

impl Caller {
    /// Who has proved nothing.
    pub const ANONYMOUS: Self = Self(0);
    /// Who has proved to be somebody of whom the policy says nothing.
    const UNNAMED: Self = Self(u16::MAX);
}

/// Reads and checks a whole policy.
///
/// # Errors
/// The file, the place in it, what is wrong and what was expected, on one line; nothing that is secret.
pub fn load(path: &Path) -> Result<Policy, ConfigError> {
    file::load(path)
}

impl Policy {
    /// Who asks, by what is proved.
    pub fn caller(&self, proof: Proof<'_>) -> Caller {
        match proof {
            Proof::Nothing => Caller::ANONYMOUS,
            Proof::Oscore(name) => self.contexts.get(name).copied().unwrap_or(Caller::UNNAMED),
        }
    }

    /// The OSCORE contexts that it names, in no order.
    pub fn contexts(&self) -> impl Iterator<Item = &str> {
        self.contexts.keys().map(String::as_str)
    }

    /// Who has this bearer token; `None` if nobody has. Takes the same time for every token.
    pub fn bearer(&self, token: &[u8]) -> Option<Caller> {
        self.holder(&TokenHash::of(token))
    }

    /// Whether the caller may do this; else what to answer. The only place where that is decided.
    pub fn decide<'p>(
        &self,
        caller: Caller,
        path: &(impl Iterator<Item = &'p [u8]> + Clone),
        method: RequestType,
    ) -> Result<(), Denial> {
        let wanted = Methods::of(method);
        let mut permitted = Methods::NONE;
        for permission in self.permissions(caller) {
            if permission.pattern.matches(path.clone()) {
                permitted = permitted | permission.methods;
                if permitted.has(wanted) {
                    return Ok(());
                }
            }
        }
        Err(match (caller, method) {
            // Nobody may; who it is makes no difference (RFC 7252 §5.8).
            (_, RequestType::UnKnown) => Denial::Method(permitted),
            (Caller::ANONYMOUS, _) => Denial::Unauthenticated,
            _ if permitted.is_empty() => Denial::Path,
            _ => Denial::Method(permitted),
        })
    }

    /// Whether the caller may GET what is at the path.
    pub fn shows(&self, caller: Caller, path: &str) -> bool {
        self.decide(caller, &segments(path), RequestType::Get).is_ok()
    }

    fn holder(&self, hash: &TokenHash) -> Option<Caller> {
        let mut found = Caller::UNNAMED.0;
        for (known, caller) in &self.tokens {
            found.conditional_assign(&caller.0, known.is(hash));
        }
        Some(Caller(found)).filter(|caller| *caller != Caller::UNNAMED)
    }

    fn permissions(&self, caller: Caller) -> &[Permission] {
        self.identities.get(usize::from(caller.0)).map_or(&[], |identity| &identity.permissions)
    }
}

#[cfg(test)]
mod tests;
