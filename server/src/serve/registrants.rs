//! Links of endpoints that register without them: fetched from where the request came from (RFC 9176 §5.1).

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use twite::exchange::Outgoing;
use twite::reliability::Timing;
use twite::wire::{Block, Code, RawOption, RequestType, ResponseType, number};

use crate::client::{Client, ClientStorage};
use crate::directory::{LONGEST, Registration, check};
use crate::formats::LINK;
use crate::store::{AnyStore, Completion, Error, Operation, Store as _, Write};

/// A registration that waits for its links.
#[derive(Debug)]
pub(super) struct Errand {
    /// Whom to ask.
    pub(super) registrant: SocketAddr,
    /// The registration without its links.
    pub(super) write: Write,
    /// Who hears what came of it: [`Error::NotFound`] when there are no links to be had.
    pub(super) completion: Completion,
}

/// Threads that ask registrants.
#[derive(Clone, Debug)]
pub(super) struct Registrants(SyncSender<Errand>);

/// How many are asked at once.
const THREADS: usize = 4;
/// How many may wait.
const WAITING: usize = 64;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Few retransmissions: whose address was forged gets little.
const TIMING: Timing = Timing { max_retransmit: 2, ..Timing::DEFAULT };

impl Registrants {
    /// Starts the threads; they end when nobody can send them anything any more.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(super) fn start(store: &Arc<AnyStore>) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..THREADS {
            let (store, receiver) = (Arc::clone(store), Arc::clone(&receiver));
            thread::Builder::new()
                .name("twite-registrants".to_owned())
                .spawn(move || run(&store, &receiver))?;
        }
        Ok(Self(sender))
    }

    /// Sends one on its way; if there are too many, it is completed as unavailable.
    pub(super) fn send(&self, errand: Errand) {
        if let Err(TrySendError::Full(errand) | TrySendError::Disconnected(errand)) = self.0.try_send(errand)
        {
            // Whoever waits for it has room for what it waits for.
            let _ = errand.completion.complete(Err(Error::Unavailable));
        }
    }
}

fn run(store: &AnyStore, errands: &Mutex<Receiver<Errand>>) {
    loop {
        let next = errands.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Errand { registrant, write, completion }) = next else { return };
        let links = fetch(registrant).and_then(|links| with_links(write, &links));
        let (unsaid, error) = match links {
            Ok(write) => {
                let mut writes = vec![(write, completion)];
                store.submit_all(&mut writes);
                (writes.pop().map(|(_, completion)| completion), Error::Unavailable)
            }
            Err(why) => {
                tracing::debug!(peer = %registrant, why, "no links of a registrant");
                (Some(completion), Error::NotFound)
            }
        };
        if let Some(completion) = unsaid {
            // Whoever waits for it has room for what it waits for.
            let _ = completion.complete(Err(error));
        }
    }
}

/// The registration with its links.
fn with_links(mut write: Write, links: &[u8]) -> Result<Write, String> {
    let links = check(links)?.to_owned();
    if let Operation::Put { body, .. } = &mut write.operation {
        let known = Registration::from_bytes(body).ok_or("no registration")?;
        *body = Registration { links, ..known }.to_bytes().into();
    }
    Ok(write)
}

/// What the registrant has at `/.well-known/core`, block by block, within a time and a length.
fn fetch(registrant: SocketAddr) -> Result<Vec<u8>, String> {
    let end = Instant::now() + PATIENCE;
    let mut storage = ClientStorage::default();
    let mut client =
        Client::connect(storage.lend(), registrant, TIMING).map_err(|error| error.to_string())?;
    let path: [&[u8]; 2] = [b".well-known", b"core"];
    let plain = Outgoing { accept: Some(LINK), ..Outgoing::new(RequestType::Get, &path) };
    let mut body = Vec::new();
    let mut wanted = None;
    loop {
        let value = wanted.map(|block: Block| block.to_option().to_be_bytes());
        let block2 = value.as_ref().map(|value| {
            let skip = value.iter().take_while(|byte| **byte == 0).count();
            RawOption { number: number::BLOCK2, value: value.get(skip..).unwrap_or_default() }
        });
        let request = Outgoing { options: block2.as_slice(), ..plain };
        let left = end.saturating_duration_since(Instant::now());
        let reply = client.request(&request, left).map_err(|error| error.to_string())?;
        let is_links = reply.content_format().is_none_or(|format| format == LINK);
        if reply.code != Code::from(ResponseType::Content) || !is_links {
            return Err(format!("{} instead of links", reply.code));
        }
        body.extend_from_slice(&reply.payload);
        if body.len() > LONGEST {
            return Err(format!("expected at most {LONGEST} bytes of links"));
        }
        let block = reply.uint(number::BLOCK2).and_then(Block::from_option);
        if block.map_or(0, |block| block.number) != wanted.map_or(0, |block: Block| block.number) {
            return Err("another block than asked for".to_owned());
        }
        match block.filter(|block| block.more) {
            Some(block) => wanted = Some(Block { number: block.number + 1, more: false, ..block }),
            None => return Ok(body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Expect, Key};

    #[test]
    fn links_are_checked_before_they_are_kept() {
        let parameters = crate::directory::Parameters::read([b"ep=n".as_slice()].into_iter()).expect("sound");
        let known = Registration::new(parameters, Some("coap://h".into()), "").expect("sound");
        let write = || Write {
            key: Key::new("rd/n").expect("a path"),
            expect: Expect::Any,
            operation: Operation::Put { content_format: None, body: known.to_bytes().into() },
        };
        let filled = with_links(write(), b"</a>;obs").expect("sound");
        let Operation::Put { body, .. } = filled.operation else { panic!("a PUT") };
        assert_eq!(
            Registration::from_bytes(&body),
            Some(Registration { links: "</a>;obs".into(), ..known.clone() })
        );
        assert!(with_links(write(), b"<a>").is_err());
    }
}
