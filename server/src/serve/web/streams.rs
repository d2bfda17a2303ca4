//! Observe as Server-Sent Events: first the present state, then each that comes, and the end.
//!
//! All streams live on the one feed of the thread's replica. A stream holds no queue: when its client has taken what
//! was sent, it is given the state that holds then.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;
use hyper::body::Bytes;
use tokio::sync::{mpsc, watch};
use twite::exchange::ETag;

use super::Shared;
use super::answer::Answer;
use super::body::Outgoing;
use super::budget::{Budget, Share};
use super::figures::{Figures, count};
use super::identity::{Credentials, Refused};
use crate::formats::{CBOR, JSON, is_text};
use crate::http::conditions::bare;
use crate::http::event::{COMMENT, Event};
use crate::http::problem::Explanation;
use crate::policy::Denial;
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
    _room: Share,
}

/// What a stream has to say.
pub(super) enum Said {
    /// The state that the client knows is the present one.
    Nothing,
    State(ETag, Bytes),
    /// The last event.
    End(String),
}

/// A client hears something at least this often.
const QUIET: Duration = Duration::from_secs(15);

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

    /// Room for one more.
    ///
    /// # Errors
    /// 5.03 if there are too many.
    pub(super) fn room(&self, figures: &Figures) -> Result<Share, Answer> {
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
    let room = shared.streams.room(&shared.figures)?;
    let number = shared.site.borrow().number(subject.key.as_str());
    let signal = {
        let mut followers = shared.streams.followers.borrow_mut();
        followers.entry(number).or_insert_with(|| watch::channel(()).0).subscribe()
    };
    let follower = Follower { shared: Rc::clone(shared), number, signal: Some(signal), _room: room };
    let (sender, receiver) = mpsc::channel(1);
    tokio::task::spawn_local(follow(follower, subject, sender));
    Ok(Outgoing::Stream(receiver))
}

/// Whether the states of the resource can be events.
pub(super) fn is_shown(entry: &Entry) -> bool {
    entry.content_format.is_some_and(|format| format == CBOR || is_text(format))
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

async fn follow(mut follower: Follower, subject: Subject, sender: mpsc::Sender<Bytes>) {
    let shared = Rc::clone(&follower.shared);
    let Some(signal) = follower.signal.as_mut() else { return };
    speak(&shared, signal, subject.known, |known| say(&shared, &subject, known), sender).await;
}

/// Says what there is to say whenever something happens, and now and then that all is well, until the end.
pub(super) async fn speak<T>(
    shared: &Shared,
    signal: &mut watch::Receiver<T>,
    mut known: Option<ETag>,
    say: impl Fn(Option<ETag>) -> Said,
    sender: mpsc::Sender<Bytes>,
) {
    let mut stop = shared.stop.clone();
    loop {
        // There is room when the client has taken what was sent before.
        let room = tokio::select! {
            room = sender.reserve() => room,
            _ = stop.wait_for(|stops| *stops) => sender.try_reserve().map_err(|_| mpsc::error::SendError(())),
        };
        let Ok(room) = room else { return };
        signal.mark_unchanged();
        match say(known) {
            Said::State(etag, event) => {
                known = Some(etag);
                count(&shared.figures.events);
                room.send(event);
            }
            Said::End(text) => {
                count(&shared.figures.events);
                return room.send(Bytes::from(text));
            }
            Said::Nothing => tokio::select! {
                // The sender stays for as long as there is a receiver, or has said that it ends.
                _ = signal.changed() => {}
                _ = stop.wait_for(|stops| *stops) => {}
                () = sender.closed() => return,
                () = tokio::time::sleep(QUIET) => room.send(Bytes::from_static(COMMENT.as_bytes())),
            },
        }
    }
}

fn say(shared: &Shared, subject: &Subject, known: Option<ETag>) -> Said {
    if shared.stops() {
        return Said::stops();
    }
    let site = shared.site.borrow();
    let path = subject.key.as_str();
    let denied = match subject.credentials.caller(site.policy().map(AsRef::as_ref)) {
        Ok(caller) if site.policy().is_none_or(|policy| policy.shows(caller, path)) => None,
        Ok(_) => Some(Refused::Denied(Denial::Path)),
        Err(refused) => Some(refused),
    };
    if let Some(refused) = denied {
        return Said::denied(refused);
    }
    let Some(entry) = site.tree.get(path) else {
        return Said::deleted();
    };
    match state(&shared.streams.latest, entry) {
        Some(latest) if known == Some(latest.etag) => Said::Nothing,
        Some(latest) => Said::State(latest.etag, latest.event),
        None => Said::problem(406, &unfit()),
    }
}

/// Why a resource cannot be followed.
pub(super) fn unfit() -> Explanation {
    Explanation::new("not available as that", "expected a resource in JSON, CBOR or text: events are text")
}

impl Said {
    /// The server stops.
    pub(super) fn stops() -> Self {
        Self::problem(503, &Explanation::new("the server stops", "try again in a moment"))
    }

    /// What is followed is not there any more.
    pub(super) fn deleted() -> Self {
        Self::End(Event { name: Some("deleted"), ..Event::default() }.to_text())
    }

    /// Who follows may not any more.
    pub(super) fn denied(refused: Refused) -> Self {
        let explanation = refused.answer().problem;
        let explanation = explanation.unwrap_or_else(|| Box::new(Explanation::titled("not permitted")));
        Self::problem(if refused == Refused::Token { 401 } else { 403 }, &explanation)
    }

    /// Something else ends the stream.
    pub(super) fn problem(status: u16, explanation: &Explanation) -> Self {
        let json = explanation.to_json(status);
        let data = String::from_utf8_lossy(&json);
        Self::End(Event { name: Some("problem"), data: &data, ..Event::default() }.to_text())
    }
}

/// The state of an entry as an event: made once for all who follow it.
fn state(latest: &RefCell<Option<Latest>>, entry: &Entry) -> Option<Latest> {
    let is_same = |latest: &&Latest| latest.key == entry.key && latest.revision == entry.revision;
    if let Some(latest) = latest.borrow().as_ref().filter(is_same) {
        return Some(latest.clone());
    }
    let (etag, data) = text(entry)?;
    let event = Event { id: Some(&bare(&etag)), data: &data, ..Event::default() }.to_text();
    let made = Latest { key: entry.key.clone(), revision: entry.revision, etag, event: Bytes::from(event) };
    *latest.borrow_mut() = Some(made.clone());
    Some(made)
}

/// A state as text: JSON where it can be.
fn text(entry: &Entry) -> Option<(ETag, String)> {
    let format = match entry.content_format? {
        CBOR | JSON => JSON,
        format => Some(format).filter(|format| is_text(*format))?,
    };
    let shown = Shown::of(entry, Some(format)).ok()?;
    Some((shown.etag, String::from_utf8(shown.body.into_owned()).ok()?))
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
