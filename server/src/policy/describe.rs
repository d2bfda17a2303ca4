//! What identity may do what, as text for people.

use std::fmt;

use super::{Caller, Policy};

/// Each identity with its roles, what proves it, and its permissions. No secrets.
impl fmt::Display for Policy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (identity, number) in self.identities.iter().zip(0..) {
            let roles =
                if identity.roles.is_empty() { "no role".to_owned() } else { identity.roles.join(", ") };
            writeln!(formatter, "{}: {roles}", identity.name)?;
            let mut contexts: Vec<&str> = self
                .contexts
                .iter()
                .filter(|(_, of)| **of == Caller(number))
                .map(|(name, _)| name.as_str())
                .collect();
            contexts.sort_unstable();
            for name in contexts {
                writeln!(formatter, "  by the OSCORE context {name}")?;
            }
            match self.tokens.iter().filter(|(_, of)| *of == Caller(number)).count() {
                0 => {}
                1 => writeln!(formatter, "  by a bearer token")?,
                tokens => writeln!(formatter, "  by {tokens} bearer tokens")?,
            }
            for permission in &identity.permissions {
                writeln!(formatter, "  may {} {}", permission.methods, permission.pattern)?;
            }
            if identity.permissions.is_empty() {
                writeln!(formatter, "  may do nothing")?;
            }
        }
        Ok(())
    }
}
