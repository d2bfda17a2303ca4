//! Everything that is asked goes under a security context, RFC 8613.

use twite::endpoint::{ContextId, Endpoint, Failure, FixedSecurity, RequestId, SecurityStorage};
use twite::exchange::Outgoing;
use twite::oscore::SequenceStore as _;
use twite::wire::Message;

use super::{Client, ClientError, MESSAGE};
use crate::logging::escaped;
use crate::oscore::{Held, Numbers};

/// The memory that a client's context works on.
#[derive(Debug, Default)]
pub struct ClientSecurity(Box<FixedSecurity<1, 8, MESSAGE>>);

impl ClientSecurity {
    /// Lends it to a client.
    pub fn lend(&mut self) -> SecurityStorage<'_> {
        self.0.lend()
    }
}

/// A context in use.
#[derive(Debug)]
pub(super) struct Protection {
    context: ContextId,
    numbers: Numbers,
}

impl Protection {
    /// Has the numbers stored that the next request needs (App. B.1.1).
    fn reserve(&mut self, endpoint: &mut Endpoint<'_>) -> Result<(), ClientError> {
        while let Some((id, limit)) = endpoint.reservation_due() {
            self.numbers.save(limit).map_err(ClientError::NotReserved)?;
            endpoint.reserved(id, limit);
        }
        Ok(())
    }
}

impl<'s> Client<'s> {
    /// Protects everything that is asked from now on under this context: only what is protected under it is a response.
    /// Its sequence numbers are reserved on disk before they are used. A [`ping`](Client::ping) has nothing to protect.
    ///
    /// ```no_run
    /// # use std::{path::Path, time::Duration};
    /// # use twite::{exchange::Outgoing, reliability::Timing, wire::RequestType};
    /// # use twite_server::{client::{Client, ClientSecurity, ClientStorage}, oscore::Held};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let held = Held::open(Path::new("gateway.client.toml")).map_err(|error| error.to_string())?;
    /// let (mut storage, mut security) = (ClientStorage::default(), ClientSecurity::default());
    /// let client = Client::connect(storage.lend(), "127.0.0.1:5683".parse()?, Timing::DEFAULT)?;
    /// let mut client = client.protected(security.lend(), held)?;
    /// let request = Outgoing::new(RequestType::Get, &[b"sensors", b"a1", b"temperature"]);
    /// println!("{}", client.request(&request, Duration::from_secs(90))?.code);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the memory holds no context, or no numbers can be reserved.
    pub fn protected(mut self, memory: SecurityStorage<'s>, held: Held) -> Result<Self, ClientError> {
        let Held { context, numbers, .. } = held;
        self.endpoint.secure(memory);
        let context = self.endpoint.add_context(context).map_err(|_| ClientError::TooLarge)?;
        let mut protection = Protection { context, numbers };
        protection.reserve(&mut self.endpoint)?;
        Ok(Self { protection: Some(protection), ..self })
    }

    /// Whether there is a context.
    pub(super) const fn is_protected(&self) -> bool {
        self.protection.is_some()
    }

    /// How many bytes opening a message wants beside it.
    pub(super) const fn room(&self) -> usize {
        if self.is_protected() { 2 * MESSAGE } else { 0 }
    }

    /// Sends a request, protected if there is a context.
    pub(super) fn send(&mut self, request: &Outgoing<'_>) -> Result<RequestId, ClientError> {
        let (now, peer) = (self.now(), self.peer);
        let Some(protection) = &mut self.protection else {
            return self.endpoint.request(now, peer, request).map_err(|_| ClientError::TooLarge);
        };
        protection.reserve(&mut self.endpoint)?;
        Ok(self.endpoint.request_protected(now, peer, protection.context, request)?)
    }

    /// Sends a request with the token of an earlier one.
    pub(super) fn send_again(&mut self, id: RequestId, request: &Outgoing<'_>) -> Result<(), ClientError> {
        let (now, peer) = (self.now(), self.peer);
        let Some(protection) = &mut self.protection else {
            let sent = self.endpoint.request_again(now, id, peer, request);
            return sent.map_err(|_| ClientError::TooLarge);
        };
        protection.reserve(&mut self.endpoint)?;
        Ok(self.endpoint.request_protected_again(now, id, peer, protection.context, request)?)
    }

    /// Why there is no response, as far as it can be told.
    pub(super) fn failed(&mut self, failure: Failure) -> ClientError {
        let unopened = self.endpoint.counters().unopened;
        match failure {
            Failure::Unprotected(code) => {
                ClientError::Refused { code, diagnostic: std::mem::take(&mut self.diagnostic) }
            }
            Failure::TimedOut if unopened > 0 => ClientError::Unopened(unopened),
            _ => ClientError::Failed(failure),
        }
    }
}

/// What an answer without protection says for people; bytes of strangers stay on one line.
pub(super) fn diagnostic(datagram: &[u8]) -> String {
    let message = Message::parse(datagram);
    message.map(|message| escaped(message.payload()).to_string()).unwrap_or_default()
}
