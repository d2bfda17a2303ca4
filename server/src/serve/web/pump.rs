//! From something that changes to a stream of events: no queue, but what there is to say when the client has taken what
//! was sent before.

use std::rc::Rc;
use std::time::Duration;

use hyper::body::Bytes;
use tokio::sync::mpsc;

use super::body::Outgoing;
use super::budget::Share;
use super::figures::count;
use super::identity::{Credentials, Refused};
use super::{Shared, stopped};
use crate::http::event::{COMMENT, Event};
use crate::http::problem::Explanation;
use crate::policy::Denial;

/// What a stream has to say.
pub(super) enum Said {
    /// Nothing that the client does not know.
    Nothing,
    /// Some events, after which there may be more.
    Events(Bytes),
    /// The last ones.
    End(String),
}

/// What a client follows.
pub(super) trait Source {
    /// What there is to say now.
    fn say(&mut self, shared: &Shared) -> Said;

    /// Waits until there may be more to say than was said.
    async fn changed(&mut self, shared: &Shared);

    /// How long to gather what comes after something was said.
    fn pause(&self) -> Duration {
        Duration::ZERO
    }
}

/// A client hears something at least this often.
const QUIET: Duration = Duration::from_secs(15);

/// Opens a stream, which has its place among the streams for as long as it is open.
pub(super) fn open(shared: &Rc<Shared>, source: impl Source + 'static, place: Share) -> Outgoing {
    let (sender, receiver) = mpsc::channel(1);
    let shared = Rc::clone(shared);
    tokio::task::spawn_local(async move {
        run(&shared, source, sender).await;
        drop(place);
    });
    Outgoing::Stream(receiver)
}

async fn run(shared: &Shared, mut source: impl Source, sender: mpsc::Sender<Bytes>) {
    let mut stop = shared.stop.clone();
    loop {
        // There is room when the client has taken what was sent before.
        let room = tokio::select! {
            room = sender.reserve() => room,
            () = stopped(&mut stop) => sender.try_reserve().map_err(|_| mpsc::error::SendError(())),
        };
        let Ok(room) = room else { return };
        let said = if shared.stops() { Said::stops() } else { source.say(shared) };
        match said {
            Said::Events(events) => {
                count(&shared.figures.events);
                room.send(events);
                let pause = source.pause();
                if !pause.is_zero() {
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = stopped(&mut stop) => {}
                    }
                }
            }
            Said::End(text) => {
                count(&shared.figures.events);
                return room.send(Bytes::from(text));
            }
            Said::Nothing => tokio::select! {
                () = source.changed(shared) => {}
                () = stopped(&mut stop) => {}
                () = sender.closed() => return,
                () = tokio::time::sleep(QUIET) => room.send(Bytes::from_static(COMMENT.as_bytes())),
            },
        }
    }
}

impl Said {
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

    fn stops() -> Self {
        Self::problem(503, &Explanation::new("the server stops", "try again in a moment"))
    }
}

/// How a stream ends whose reader may not GET what is at the path any more; `None` for one that may.
pub(super) fn refusal(shared: &Shared, credentials: &Credentials, path: &str) -> Option<Said> {
    let site = shared.site.borrow();
    match credentials.caller(site.policy().map(AsRef::as_ref)) {
        Ok(caller) if site.policy().is_none_or(|policy| policy.shows(caller, path)) => None,
        Ok(_) => Some(Said::denied(Refused::Denied(Denial::Path))),
        Err(refused) => Some(Said::denied(refused)),
    }
}
