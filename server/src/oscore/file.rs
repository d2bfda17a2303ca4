//! What a context file says. Secrets are shown in no message.

use std::fmt;
use std::path::Path;

use toml::Spanned;
use toml::de::DeValue;
use twite::oscore::{Context, ParameterError, Parameters, Start};

use crate::config::ConfigError;
use crate::config::document::{Document, check_name, in_order};
use crate::hexadecimal::{hexadecimal, unhexadecimal};

/// One side of a context.
#[derive(Clone, PartialEq, Eq)]
pub struct ContextFile {
    /// What the other side is called.
    pub name: String,
    /// What all keys come from.
    pub(super) master_secret: Vec<u8>,
    /// What is mixed in; may be empty.
    pub(super) master_salt: Vec<u8>,
    /// Our ID.
    pub sender_id: Vec<u8>,
    /// The other side's ID.
    pub recipient_id: Vec<u8>,
    /// Tells contexts of one secret apart; an empty one differs from none.
    pub id_context: Option<Vec<u8>>,
}

const KEYS: &str = "name, master_secret, master_salt, sender_id, recipient_id, id_context";

/// The shortest secret that is taken, in bytes: one that can be guessed protects nothing.
const SHORTEST_SECRET: usize = 16;

impl ContextFile {
    /// Reads and checks the text of a file.
    ///
    /// # Errors
    /// The place in the file, what is wrong and what was expected.
    pub fn read(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file = Document { path, text };
        let table = file.parse()?;
        let mut read = Self {
            name: String::new(),
            master_secret: Vec::new(),
            master_salt: Vec::new(),
            sender_id: Vec::new(),
            recipient_id: Vec::new(),
            id_context: None,
        };
        let mut said: Vec<(&str, &Spanned<DeValue<'_>>)> = Vec::new();
        for (key, value) in in_order(table.get_ref()) {
            let word: &str = key.get_ref();
            match word {
                "name" => read.name = name(&file, value)?,
                "master_secret" => {
                    read.master_secret = bytes(&file, word, value)?;
                    if read.master_secret.len() < SHORTEST_SECRET {
                        let problem =
                            format!("{word}: too short, expected at least {SHORTEST_SECRET} random bytes");
                        return Err(file.error(value.span(), problem));
                    }
                }
                "master_salt" => read.master_salt = bytes(&file, word, value)?,
                "sender_id" => read.sender_id = bytes(&file, word, value)?,
                "recipient_id" => read.recipient_id = bytes(&file, word, value)?,
                "id_context" => read.id_context = Some(bytes(&file, word, value)?),
                _ => return Err(file.unknown("", key, KEYS)),
            }
            said.push((word, value));
        }
        for needed in ["name", "master_secret", "sender_id", "recipient_id"] {
            if !said.iter().any(|(word, _)| *word == needed) {
                return Err(file.error(0..0, format!("{needed} is missing, expected it and those of {KEYS}")));
            }
        }
        read.derive(Start::New).map_err(|problem| {
            let culprit = match problem {
                ParameterError::EmptySecret => "master_secret",
                ParameterError::SenderId => "sender_id",
                ParameterError::RecipientId | ParameterError::SameId => "recipient_id",
                ParameterError::IdContext => "id_context",
            };
            let place = said.iter().find(|(word, _)| *word == culprit);
            file.error(place.map_or(0..0, |(_, value)| value.span()), problem.to_string())
        })?;
        Ok(read)
    }

    /// What the keys come from.
    pub(super) fn parameters(&self) -> Parameters<'_> {
        Parameters {
            master_secret: &self.master_secret,
            master_salt: &self.master_salt,
            sender_id: &self.sender_id,
            recipient_id: &self.recipient_id,
            id_context: self.id_context.as_deref(),
        }
    }

    /// The keys of both sides.
    ///
    /// # Errors
    /// Which parameter does not fit.
    pub fn derive(&self, start: Start) -> Result<Context, ParameterError> {
        Context::derive(&self.parameters(), start)
    }

    /// The text of a file that says the same, secrets included.
    pub fn to_toml(&self) -> String {
        let Self { name, master_secret, master_salt, sender_id, recipient_id, id_context } = self;
        let mut text = format!(
            "# An OSCORE context (RFC 8613). Whoever reads this can read and forge what it protects.\n\
             # Move it only together with the file .sequence beside it; never use a copy.\n\
             name = \"{name}\"\n\
             master_secret = \"{}\"\n\
             master_salt = \"{}\"\n\
             sender_id = \"{}\"\n\
             recipient_id = \"{}\"\n",
            hexadecimal(master_secret),
            hexadecimal(master_salt),
            hexadecimal(sender_id),
            hexadecimal(recipient_id),
        );
        if let Some(id_context) = id_context {
            text += &format!("id_context = \"{}\"\n", hexadecimal(id_context));
        }
        text
    }
}

fn name(file: &Document<'_>, value: &Spanned<DeValue<'_>>) -> Result<String, ConfigError> {
    let text = value.get_ref().as_str().ok_or_else(|| file.unfit("name", value, "a text"))?;
    check_name(text).map_err(|problem| file.error(value.span(), format!("name: {problem}")))?;
    Ok(text.to_owned())
}

/// What is wrong is not shown: it may be a secret.
fn bytes(file: &Document<'_>, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<u8>, ConfigError> {
    let expected = "a text of hexadecimal digits, two a byte";
    let text = value.get_ref().as_str().ok_or_else(|| file.unfit(key, value, expected))?;
    unhexadecimal(text)
        .ok_or_else(|| file.error(value.span(), format!("{key}: not hexadecimal, expected {expected}")))
}

impl fmt::Debug for ContextFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ContextFile")
            .field("name", &self.name)
            .field("sender_id", &hexadecimal(&self.sender_id))
            .field("recipient_id", &hexadecimal(&self.recipient_id))
            .field("id_context", &self.id_context.as_deref().map(hexadecimal))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name = 'gateway'\nmaster_secret = '0102030405060708090a0b0c0d0e0f10'\n\
                        master_salt = '9e7ca92223786340'\nsender_id = ''\nrecipient_id = '01'\n";

    fn read(text: &str) -> Result<ContextFile, String> {
        ContextFile::read(Path::new("k.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_says_what_was_written() {
        let file = read(TEXT).expect("a context");
        assert_eq!((file.sender_id.as_slice(), file.recipient_id.as_slice()), (&[][..], &[1][..]));
        assert_eq!(file.id_context, None);
        let empty = ContextFile { id_context: Some(Vec::new()), ..file.clone() };
        for file in [file, empty] {
            assert_eq!(read(&file.to_toml()), Ok(file));
        }
    }

    #[test]
    fn mistakes_are_named_with_their_places_and_no_secret() {
        let secret = "0102030405060708090a0b0c0d0e0f10";
        for (change, expected) in [
            (("name = 'gateway'", "name = 'a b'"), "k.toml:1:8: name: \"a b\" is no name, expected 1 to 64"),
            (("name = 'gateway'\n", ""), "k.toml:1:1: name is missing, expected it and those of name"),
            ((secret, "0102"), "k.toml:2:17: master_secret: too short, expected at least 16 random bytes"),
            (("0e0f10'", "0e0f1'"), "k.toml:2:17: master_secret: not hexadecimal, expected a text of"),
            (("'0102", "'zz02"), "k.toml:2:17: master_secret: not hexadecimal"),
            (("0e0f10'", "0e0f10"), "k.toml:2:"),
            (
                ("sender_id = ''", "sender_id = 1"),
                "k.toml:4:13: sender_id: an integer does not fit, expected a text",
            ),
            (
                ("sender_id = ''", "sender_id = '01'"),
                "k.toml:5:16: sender id and recipient id: expected two that differ",
            ),
            (("= '01'", "= '0102030405060708'"), "k.toml:5:16: recipient id: expected at most 7 bytes"),
            (
                ("sender_id", "sender"),
                "k.toml:4:1: key `sender` is not known; expected one of name, master_secret",
            ),
            (("name =", "id_context = '00'\nname ="), ""),
        ] {
            let text = TEXT.replacen(change.0, change.1, 1);
            match read(&text) {
                Ok(file) => assert!(expected.is_empty() && file.id_context == Some(vec![0]), "{text}"),
                Err(error) => {
                    assert!(
                        !expected.is_empty() && error.starts_with(expected),
                        "{error}\nexpected {expected}"
                    );
                    assert!(!error.contains("030405060708090a"), "{error} tells the secret");
                }
            }
        }
        let file = read(TEXT).expect("a context");
        assert!(!format!("{file:?}").contains("0304"), "{file:?}");
    }
}
