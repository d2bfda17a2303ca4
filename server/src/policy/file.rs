//! The file of a policy. It counts as a whole or not at all.

use std::collections::BTreeMap;
use std::path::Path;

use toml::Spanned;
use toml::de::DeValue;

use super::Pattern;
use super::methods::Methods;
use super::token::TokenHash;
use super::{Caller, Identity, Permission, Policy};
use crate::config::document::{Document, in_order};
use crate::config::{ConfigError, Source};
use crate::private::Private;

/// The identity of whoever proves nothing.
const ANONYMOUS: &str = "anonymous";

/// Reads and checks a file.
pub(super) fn load(path: &Path) -> Result<Policy, ConfigError> {
    let whole =
        |problem| ConfigError { source: Source::File { path: path.to_owned(), position: None }, problem };
    let file = Private::read(path).map_err(whole)?;
    let policy = read(path, file.text())?;
    if !policy.tokens.is_empty() {
        file.check_hidden("hashes of tokens").map_err(whole)?;
    }
    Ok(policy)
}

/// Reads and checks the text of a file.
pub(super) fn read(path: &Path, text: &str) -> Result<Policy, ConfigError> {
    let file = Document { path, text };
    let table = file.parse()?;
    let (mut roles, mut identities) = (None, None);
    for (key, value) in in_order(table.get_ref()) {
        match key.get_ref().as_ref() {
            "roles" => roles = Some(value),
            "identities" => identities = Some(value),
            _ => return Err(file.unknown("", key, "identities, roles")),
        }
    }
    let roles = match roles {
        Some(value) => file.roles(value)?,
        None => BTreeMap::new(),
    };
    let identities = identities.ok_or_else(|| {
        file.error(0..0, "nobody is named, expected tables such as [identities.anonymous]".to_owned())
    })?;
    file.identities(identities, &roles)
}

type Roles = BTreeMap<String, Vec<Permission>>;

impl Document<'_> {
    fn roles(&self, value: &Spanned<DeValue<'_>>) -> Result<Roles, ConfigError> {
        let mut roles = Roles::new();
        for (key, value) in self.named("roles", value)? {
            let name = key.get_ref().to_string();
            let place = format!("roles.{name}");
            let mut permissions = None;
            for (key, value) in in_order(self.table(&place, value)?) {
                match key.get_ref().as_ref() {
                    "permissions" => {
                        permissions = Some(self.permissions(&format!("{place}.permissions"), value)?);
                    }
                    _ => return Err(self.unknown(&place, key, "permissions")),
                }
            }
            let missing =
                || self.error(key.span(), format!("{place}: no permissions, expected a list of {SHAPE}"));
            roles.insert(name, permissions.ok_or_else(missing)?);
        }
        Ok(roles)
    }

    fn permissions(&self, place: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<Permission>, ConfigError> {
        let mut permissions: Vec<Permission> = Vec::new();
        for value in self.list(place, value, SHAPE)? {
            let table = value.get_ref().as_table();
            let table = table.ok_or_else(|| self.unfit(place, value, &format!("a list of {SHAPE}")))?;
            let (mut pattern, mut methods) = (None, None);
            for (key, value) in in_order(table) {
                match key.get_ref().as_ref() {
                    "path" => pattern = Some(self.pattern(&format!("{place}.path"), value)?),
                    "methods" => methods = Some(self.methods(&format!("{place}.methods"), value)?),
                    _ => return Err(self.unknown(place, key, "path, methods")),
                }
            }
            let (Some(pattern), Some(methods)) = (pattern, methods) else {
                return Err(self.error(value.span(), format!("{place}: expected both of {SHAPE}")));
            };
            if permissions.iter().any(|known| known.pattern == pattern) {
                let problem = format!(
                    "{place}: path \"{pattern}\" stands twice, expected it once with all its methods"
                );
                return Err(self.error(value.span(), problem));
            }
            permissions.push(Permission { pattern, methods });
        }
        Ok(permissions)
    }

    fn pattern(&self, place: &str, value: &Spanned<DeValue<'_>>) -> Result<Pattern, ConfigError> {
        let text = value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.unfit(place, value, "a pattern such as \"sensors/**\""))?;
        Pattern::new(text)
            .map_err(|problem| self.error(value.span(), format!("{place}: {text:?}: {problem}")))
    }

    fn methods(&self, place: &str, value: &Spanned<DeValue<'_>>) -> Result<Methods, ConfigError> {
        let mut methods = Methods::NONE;
        for (name, value) in self.texts(place, value, &format!("some of {}", Methods::names()))? {
            let unknown = || {
                let problem =
                    format!("{place}: {name:?} is no method, expected some of {}", Methods::names());
                self.error(value.span(), problem)
            };
            let method = Methods::named(name).ok_or_else(unknown)?;
            if methods.has(method) {
                return Err(self.twice(place, name, value));
            }
            methods = methods | method;
        }
        Ok(methods)
    }

    fn identities(&self, value: &Spanned<DeValue<'_>>, roles: &Roles) -> Result<Policy, ConfigError> {
        let anonymous = Identity { name: ANONYMOUS.to_owned(), ..Identity::default() };
        let mut policy = Policy {
            identities: vec![anonymous],
            contexts: foldhash::HashMap::default(),
            tokens: Vec::new(),
        };
        for (key, value) in self.named("identities", value)? {
            let name: &str = key.get_ref();
            let place = format!("identities.{name}");
            let caller = match name {
                ANONYMOUS => Caller::ANONYMOUS,
                // There are at most 4096 of them.
                _ => Caller(u16::try_from(policy.identities.len()).unwrap_or(u16::MAX)),
            };
            let mut identity = Identity { name: name.to_owned(), ..Identity::default() };
            let (mut has_roles, mut has_credential) = (false, false);
            for (key, value) in in_order(self.table(&place, value)?) {
                let word: &str = key.get_ref();
                let here = format!("{place}.{word}");
                match word {
                    "roles" => {
                        has_roles = true;
                        self.take_roles(&mut identity, &here, value, roles)?;
                    }
                    "bearer" | "oscore" if caller == Caller::ANONYMOUS => {
                        let problem =
                            format!("{here}: anonymous is whoever proves nothing, expected only roles");
                        return Err(self.error(key.span(), problem));
                    }
                    "bearer" => {
                        has_credential = true;
                        self.take_tokens(&mut policy, caller, &here, value)?;
                    }
                    "oscore" => {
                        has_credential = true;
                        self.take_contexts(&mut policy, caller, &here, value)?;
                    }
                    _ => return Err(self.unknown(&place, key, "roles, bearer, oscore")),
                }
            }
            if !has_roles {
                return Err(self.error(key.span(), format!("{place}: no roles, expected a list of names")));
            }
            if caller == Caller::ANONYMOUS {
                policy.identities[0] = identity;
                continue;
            }
            if !has_credential {
                let problem = format!("{place}: nobody can prove to be that, expected bearer or oscore");
                return Err(self.error(key.span(), problem));
            }
            policy.identities.push(identity);
        }
        Ok(policy)
    }

    fn take_roles(
        &self,
        identity: &mut Identity,
        place: &str,
        value: &Spanned<DeValue<'_>>,
        roles: &Roles,
    ) -> Result<(), ConfigError> {
        for (name, value) in self.texts(place, value, "names of roles")? {
            let Some(permissions) = roles.get(name) else {
                let known: Vec<&str> = roles.keys().map(String::as_str).collect();
                let known = if known.is_empty() {
                    "a role of a table such as [roles.reader]"
                } else {
                    &known.join(", ")
                };
                let problem = format!("{place}: role {name:?} is not known, expected some of {known}");
                return Err(self.error(value.span(), problem));
            };
            if identity.roles.iter().any(|known| known == name) {
                return Err(self.twice(place, name, value));
            }
            identity.roles.push(name.to_owned());
            identity.permissions.extend(permissions.iter().cloned());
        }
        Ok(())
    }

    /// What is wrong is not shown: it may be a token.
    fn take_tokens(
        &self,
        policy: &mut Policy,
        caller: Caller,
        place: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), ConfigError> {
        let expected = "lines that `twite token` prints: \"sha256:\" and 64 digits of 0-9 and a-f";
        for (text, value) in self.texts(place, value, expected)? {
            let unfit =
                || self.error(value.span(), format!("{place}: no hash of a token, expected {expected}"));
            let hash = TokenHash::parse(text).ok_or_else(unfit)?;
            if policy.holder(&hash).is_some() {
                let problem =
                    format!("{place}: this hash stands twice, expected a token of its own for each");
                return Err(self.error(value.span(), problem));
            }
            policy.tokens.push((hash, caller));
        }
        Ok(())
    }

    fn take_contexts(
        &self,
        policy: &mut Policy,
        caller: Caller,
        place: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), ConfigError> {
        for (name, value) in self.texts(place, value, "names of OSCORE contexts")? {
            if policy.contexts.insert(name.to_owned(), caller).is_some() {
                return Err(self.twice(place, name, value));
            }
        }
        Ok(())
    }
}

/// What a permission looks like.
const SHAPE: &str = "{ path = \"…\", methods = [\"GET\", …] }";

#[cfg(test)]
mod tests;
