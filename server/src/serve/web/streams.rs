//! Observe as Server-Sent Events: first the present state, then each that comes, and the end.
//!
//! All streams live on the one feed of the thread's replica. A stream holds no queue: when its client has taken what
//! was sent, it is given the state that holds then.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::HashMap;
use hyper::body::Bytes;
use tokio::sync::watch;
use twite::exchange::ETag;

use super::Shared;
use super::answer::Answer;
use super::body::Outgoing;
use super::budget::{Budget, Share};
use super::figures::{Figures, count};
use super::identity::Credentials;
use super::pump::{self, Said, Source};
use crate::formats::{CBOR, JSON, is_text};
use crate::http::conditions::bare;
use crate::http::event::Event;
use crate::http::problem::Explanation;
use crate::model::Models;
use crate::serve::changes::Missed;
use crate::serve::shown::Shown;
use crate::store::{Entry, Key, Revision};

/// The streams that are open.
#[derive(Debug)]
pub(super) struct Streams {
    room: Budget,
    /// Who follows the resources of these numbers.
    followers: RefCell<HashMap<u64, watch::Sender<()>>>,
    latest: RefCell<Option<Latest>>,
}

/// The state that was told last, as an event.
#[derive(Clone, Debug)]
struct Latest {
    key: Key,
    revision: Revision,
    etag: ETag,
    event: Bytes,
}

/// What somebody follows.
pub(super) struct Subject {
    pub(super) key: Key,
    pub(super) credentials: Credentials,
    /// The state that the client knows from before.
    pub(super) known: Option<ETag>,
}

/// A stream's part in the streams.
struct Follower {
    shared: Rc<Shared>,
    number: u64,
    /// `None` when it is over.
    signal: Option<watch::Receiver<()>>,
}

/// Somebody who follows something.
struct Following {
    follower: Follower,
    subject: Subject,
}

impl Streams {
    pub(super) fn new(limit: usize) -> Self {
        Self { room: Budget::new(limit), followers: RefCell::default(), latest: RefCell::default() }
    }

    /// Lets followers know of what changed.
    fn tell(&self, missed: &Missed) {
        let followers = self.followers.borrow();
        let tell = |sender: &watch::Sender<()>| {
            sender.send_replace(());
        };
        match missed {
            Missed::Some(numbers) => {
                numbers.iter().filter_map(|number| followers.get(number)).for_each(tell);
            }
            Missed::Everything => followers.values().for_each(tell),
        }
    }

    /// A place for one more.
    ///
    /// # Errors
    /// 5.03 if there are too many.
    pub(super) fn place(&self, figures: &Figures) -> Result<Share, Answer> {
        self.room.take(1).ok_or_else(|| {
            count(&figures.streams_refused);
            Answer::unavailable(5, "too many streams", "try again when others have ended")
        })
    }

    /// How many there are.
    pub(super) fn open(&self) -> usize {
        self.room.used()
    }
}

/// Opens a stream.
///
/// # Errors
/// 5.03 if there are too many.
pub(super) fn open(shared: &Rc<Shared>, subject: Subject) -> Result<Outgoing, Answer> {
    let place = shared.streams.place(&shared.figures)?;
    let number = shared.site.borrow().number(subject.key.as_str());
    let signal = {
        let mut followers = shared.streams.followers.borrow_mut();
        followers.entry(number).or_insert_with(|| watch::channel(()).0).subscribe()
    };
    let follower = Follower { shared: Rc::clone(shared), number, signal: Some(signal) };
    Ok(pump::open(shared, Following { follower, subject }, place))
}

/// Whether the states of the resource can be events.
pub(super) fn is_shown(models: Models, entry: &Entry) -> bool {
    let can_observe = models.declared(entry.key.as_str()).is_none_or(|model| model.observable);
    can_observe && entry.content_format.is_some_and(|format| format == CBOR || is_text(format))
}

/// Tells the followers of what changed, for as long as the server runs.
pub(super) async fn run(shared: Rc<Shared>) {
    let mut seen = shared.site.borrow().changes().end();
    let mut policy = shared.site.borrow().policy().cloned();
    loop {
        let changed = shared.changed.notified();
        let missed = {
            let site = shared.site.borrow();
            let missed = site.changes().since(seen);
            seen = site.changes().end();
            let same = site.policy().zip(policy.as_ref()).is_none_or(|(new, old)| Arc::ptr_eq(new, old));
            policy = site.policy().cloned();
            if same { missed } else { Missed::Everything }
        };
        shared.streams.tell(&missed);
        changed.await;
    }
}

impl Source for Following {
    fn say(&mut self, shared: &Shared) -> Said {
        if let Some(signal) = self.follower.signal.as_mut() {
            signal.mark_unchanged();
        }
        let path = self.subject.key.as_str();
        if let Some(end) = pump::refusal(shared, &self.subject.credentials, path) {
            return end;
        }
        let site = shared.site.borrow();
        let Some(entry) = site.tree.get(path) else {
            return Said::deleted();
        };
        match state(&shared.streams.latest, site.models, entry) {
            Some(latest) if self.subject.known == Some(latest.etag) => Said::Nothing,
            Some(latest) => {
                self.subject.known = Some(latest.etag);
                Said::Events(latest.event)
            }
            None => Said::problem(406, &unfit()),
        }
    }

    async fn changed(&mut self, _shared: &Shared) {
        if let Some(signal) = self.follower.signal.as_mut() {
            // The sender stays for as long as there is a receiver.
            let _ = signal.changed().await;
        }
    }
}

/// Why a resource cannot be followed.
pub(super) fn unfit() -> Explanation {
    Explanation::new(
        "not available as that",
        "expected a resource that can be observed, in JSON, CBOR or text: events are text",
    )
}

/// The state of an entry as an event: made once for all who follow it.
fn state(latest: &RefCell<Option<Latest>>, models: Models, entry: &Entry) -> Option<Latest> {
    let is_same = |latest: &&Latest| latest.key == entry.key && latest.revision == entry.revision;
    if let Some(latest) = latest.borrow().as_ref().filter(is_same) {
        return Some(latest.clone());
    }
    let (etag, _, data) = text(models, entry)?;
    let event = Event { id: Some(&bare(&etag)), data: &data, ..Event::default() }.to_text();
    let made = Latest { key: entry.key.clone(), revision: entry.revision, etag, event: Bytes::from(event) };
    *latest.borrow_mut() = Some(made.clone());
    Some(made)
}

/// A state as text with the ETag and the format of that: JSON where it can be.
pub(super) fn text(models: Models, entry: &Entry) -> Option<(ETag, u16, String)> {
    let format = match entry.content_format? {
        CBOR | JSON => JSON,
        format => Some(format).filter(|format| is_text(*format))?,
    };
    let shown = Shown::of(models, entry, Some(format)).ok()?;
    Some((shown.etag, format, String::from_utf8(shown.body.into_owned()).ok()?))
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.signal = None;
        let mut followers = self.shared.streams.followers.borrow_mut();
        if followers.get(&self.number).is_some_and(|sender| sender.receiver_count() == 0) {
            followers.remove(&self.number);
        }
    }
}
