//! The messages of CoAP that go by, decoded for people, while somebody looks: the last of them in a ring, told as
//! Server-Sent Events.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use hyper::body::Bytes;
use serde::Serialize;
use tokio::sync::Notify;
use twite::wire::{Message, number};

use super::super::Shared;
use super::super::answer::Answer;
use super::super::body::Outgoing;
use super::super::identity::Credentials;
use super::super::pump::{self, Said, Source};
use super::MESSAGES;
use crate::hexadecimal::hexadecimal;
use crate::http::event::Event;
use crate::logging::escaped;
use crate::serve::tap::{Direction, Seen, Spout, Valve};
use crate::trace;

/// The last messages.
#[derive(Debug)]
pub(in crate::serve::web) struct Messages {
    /// Each as an object of JSON.
    rows: RefCell<VecDeque<String>>,
    /// How many there were before the first of them.
    before: Cell<u64>,
    /// How many look.
    looking: Cell<usize>,
    news: Notify,
    valve: Arc<Valve>,
}

/// How many messages are kept.
const KEPT: usize = 512;

/// How many are decoded in [`PAUSE`]; of more the rest is lost, and counted.
const BATCH: usize = 512;

/// How often messages are decoded and told.
const PAUSE: Duration = Duration::from_millis(100);

/// How many go in one event.
const TOLD: usize = 128;

impl Messages {
    pub(in crate::serve::web) fn new(valve: Arc<Valve>) -> Self {
        Self {
            rows: RefCell::default(),
            before: Cell::new(0),
            looking: Cell::new(0),
            news: Notify::new(),
            valve,
        }
    }

    fn push(&self, seen: &Seen) {
        let mut rows = self.rows.borrow_mut();
        if rows.len() == KEPT {
            rows.pop_front();
            self.before.set(self.before.get() + 1);
        }
        let number = self.before.get() + rows.len() as u64;
        // Texts and numbers can always be written.
        rows.push_back(serde_json::to_string(&Row::of(number, seen)).unwrap_or_default());
    }

    /// The position behind the last one.
    fn end(&self) -> u64 {
        self.before.get() + self.rows.borrow().len() as u64
    }

    fn look(&self, by: isize) {
        self.looking.set(self.looking.get().saturating_add_signed(by));
        self.valve.open(self.looking.get() > 0);
    }
}

/// Decodes what goes by, for as long as the server runs.
pub(in crate::serve::web) async fn run(shared: Rc<Shared>, mut spout: Spout) {
    let mut batch = Vec::new();
    while spout.queue.recv_many(&mut batch, BATCH).await > 0 {
        batch.drain(..).for_each(|seen| shared.messages.push(&seen));
        shared.messages.news.notify_waiters();
        tokio::time::sleep(PAUSE).await;
    }
}

/// Somebody who looks.
struct Looker {
    shared: Rc<Shared>,
    credentials: Credentials,
    position: u64,
}

/// Opens a stream of what goes by from now on, after what is still known of before.
///
/// # Errors
/// 5.03 if there are too many streams.
pub(super) fn open(shared: &Rc<Shared>, credentials: Credentials) -> Result<Outgoing, Answer> {
    let place = shared.streams.place(&shared.figures)?;
    shared.messages.look(1);
    let looker = Looker { shared: Rc::clone(shared), credentials, position: 0 };
    Ok(pump::open(shared, looker, place))
}

impl Drop for Looker {
    fn drop(&mut self) {
        self.shared.messages.look(-1);
    }
}

impl Source for Looker {
    fn say(&mut self, shared: &Shared) -> Said {
        if let Some(end) = pump::refusal(shared, &self.credentials, MESSAGES) {
            return end;
        }
        let messages = &shared.messages;
        let rows = messages.rows.borrow();
        let skip = self.position.saturating_sub(messages.before.get());
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let some: Vec<&str> = rows.iter().skip(skip).take(TOLD).map(String::as_str).collect();
        if some.is_empty() {
            return Said::Nothing;
        }
        self.position = self.position.max(messages.before.get()) + some.len() as u64;
        let data = format!("{{\"lost\":{},\"messages\":[{}]}}", messages.valve.lost(), some.join(","));
        let event = Event { name: Some("messages"), data: &data, ..Event::default() };
        Said::Events(Bytes::from(event.to_text()))
    }

    async fn changed(&mut self, shared: &Shared) {
        let news = shared.messages.news.notified();
        // What came since the last look has said so before anybody listened.
        if self.position == shared.messages.end() {
            news.await;
        }
    }
}

/// A message as it is shown.
#[derive(Serialize)]
struct Row {
    number: u64,
    /// Milliseconds since 1970.
    time: u64,
    direction: &'static str,
    peer: String,
    /// In bytes.
    size: usize,
    #[serde(flatten)]
    content: Content,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content {
    Message {
        #[serde(rename = "type")]
        kind: &'static str,
        code: String,
        id: u16,
        token: String,
        path: String,
        options: String,
    },
    Broken {
        problem: String,
    },
}

impl Row {
    fn of(number: u64, seen: &Seen) -> Self {
        let time = seen.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Self {
            number,
            time: u64::try_from(time).unwrap_or(u64::MAX),
            direction: if seen.direction == Direction::In { "in" } else { "out" },
            peer: seen.remote.to_string(),
            size: seen.length,
            content: Message::parse(seen.start()).map_or_else(
                |error| Content::Broken { problem: error.to_string() },
                |message| Content::of(&message),
            ),
        }
    }
}

impl Content {
    /// What stands in the message; the path apart from the other options.
    fn of(message: &Message<'_>) -> Self {
        let segments = message.values(number::URI_PATH).map(|segment| escaped(segment).to_string());
        let mut options = String::new();
        for option in message.options().filter(|option| option.number != number::URI_PATH) {
            if !options.is_empty() {
                options.push_str(", ");
            }
            // Writing to a string does not fail.
            let _ = trace::write_option(&mut options, option.number, option.value);
        }
        Self::Message {
            kind: trace::kind(message.kind()),
            code: trace::code(message.code()),
            id: message.message_id(),
            token: hexadecimal(message.token()),
            path: segments.collect::<Vec<_>>().join("/"),
            options,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::tap::tap;
    use twite::reliability::Peer;

    #[test]
    fn the_last_messages_are_kept_and_read_as_in_a_packet_list() {
        let (tap, mut spout) = tap();
        let messages = Messages::new(Arc::clone(&spout.valve));
        let peer = Peer { remote: ([127, 0, 0, 1], 7).into(), local: None };
        let mut show = |datagram: &[u8]| {
            tap.show(Direction::In, peer, datagram);
            spout.queue.try_recv().map(|seen| messages.push(&seen)).is_ok()
        };
        assert!(!show(b"@"), "nobody looks");
        messages.look(1);
        assert!(show(b"\x44\x03\x11\x01\xa1\xb2\xc3\xd4\xb1a\x01b\x10\xffhi"));
        let row: serde_json::Value = serde_json::from_str(&messages.rows.borrow()[0]).expect("JSON");
        for (name, value) in [
            ("direction", "in"),
            ("peer", "127.0.0.1:7"),
            ("type", "CON"),
            ("code", "PUT"),
            ("token", "a1b2c3d4"),
            ("path", "a/b"),
            ("options", "Content-Format:text/plain"),
        ] {
            assert_eq!(row[name], value, "{name}");
        }
        assert_eq!((&row["id"], &row["size"]), (&0x1101.into(), &16.into()));
        for _ in 0..KEPT {
            assert!(show(b"@"));
        }
        assert_eq!((messages.rows.borrow().len(), messages.end()), (KEPT, KEPT as u64 + 1));
        let row: serde_json::Value = serde_json::from_str(&messages.rows.borrow()[0]).expect("JSON");
        assert!(row["problem"].as_str().is_some_and(|problem| problem.contains("shorter")), "{row}");
        messages.look(-1);
        assert!(!show(b"@"), "nobody looks any more");
    }
}
