//! Both sides of a new context.

use std::io;

use super::ContextFile;
use crate::clock;

/// What both sides are called.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The name of the context.
    pub name: String,
    /// The server's ID; the empty one if it is not said.
    pub server_id: Option<Vec<u8>>,
    /// The client's ID; four random bytes if it is not said, since a server tells its clients apart by it.
    pub client_id: Option<Vec<u8>>,
    /// The ID context; none if it is not said.
    pub id_context: Option<Vec<u8>>,
}

/// A context for a server and a client.
#[derive(Clone, Debug)]
pub struct Pair {
    /// For the server.
    pub server: ContextFile,
    /// For the client.
    pub client: ContextFile,
}

impl Pair {
    /// Makes a master secret of 256 random bits and a salt of 64. Whether the IDs fit is not looked at.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate(names: &Names) -> io::Result<Self> {
        let (secret, more) = (clock::seed()?, clock::seed()?);
        let (salt, rest) = more.split_at(8);
        let server_id = names.server_id.clone().unwrap_or_default();
        let client_id = names.client_id.clone().unwrap_or_else(|| rest.iter().copied().take(4).collect());
        let server = ContextFile {
            name: names.name.clone(),
            master_secret: secret.to_vec(),
            master_salt: salt.to_vec(),
            sender_id: server_id.clone(),
            recipient_id: client_id.clone(),
            id_context: names.id_context.clone(),
        };
        let client = ContextFile { sender_id: client_id, recipient_id: server_id, ..server.clone() };
        Ok(Self { server, client })
    }
}

#[cfg(test)]
mod tests {
    use twite::oscore::Start;

    use super::*;

    #[test]
    fn the_sides_of_a_pair_belong_together_and_to_no_other() {
        let names = Names { name: "a".to_owned(), ..Names::default() };
        let one = Pair::generate(&names).expect("randomness");
        let other = Pair::generate(&names).expect("randomness");
        assert_eq!((one.server.sender_id.len(), one.client.sender_id.len()), (0, 4));
        assert_eq!(one.server.sender_id, one.client.recipient_id);
        assert_eq!(one.server.recipient_id, one.client.sender_id);
        assert!(one.server.derive(Start::New).is_ok() && one.client.derive(Start::New).is_ok());
        assert_eq!(one.server.master_secret, one.client.master_secret);
        assert_eq!(one.server.master_secret.len(), 32);
        assert_ne!(one.server.master_secret, other.server.master_secret);
        assert_ne!(one.server.recipient_id, other.server.recipient_id);
    }
}
