//! Bodies that come in: of bounded length, within a bounded time, within a budget.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use hyper::body::{Body as _, Incoming};
use twite::wire::ResponseType;

use super::answer::Answer;
use super::budget::{Budget, Share};
use crate::http::problem::Explanation;

/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A body that is there, and its share of the memory for bodies.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) bytes: Vec<u8>,
    pub(super) share: Share,
}

/// Why there is no body: an answer, or a status that CoAP does not know.
#[derive(Debug)]
pub(super) enum Unread {
    /// 413, 503.
    Refused(Answer),
    /// 408: it did not come in time.
    Late,
    /// The client is gone, or what it sends is no HTTP.
    Broken(String),
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(mut body: Incoming, limit: usize, budget: &Budget) -> Result<Held, Unread> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(too_large(limit));
    }
    let share = budget.take(announced).ok_or_else(full)?;
    let mut held = Held { bytes: Vec::with_capacity(announced), share };
    let reading = async {
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let frame = frame.map_err(|error| Unread::Broken(error.to_string()))?;
            let Ok(piece) = frame.into_data() else { continue };
            let length = held.bytes.len() + piece.len();
            if length > limit {
                return Err(too_large(limit));
            }
            if length > announced && !held.share.grow(piece.len()) {
                return Err(full());
            }
            held.bytes.extend_from_slice(&piece);
        }
        Ok(())
    };
    tokio::time::timeout(PATIENCE, reading).await.map_err(|_| Unread::Late)??;
    Ok(held)
}

fn too_large(limit: usize) -> Unread {
    let explanation = Explanation::new("body too large", format!("at most {limit} bytes are taken"));
    Unread::Refused(Answer::problem(ResponseType::RequestEntityTooLarge, explanation))
}

fn full() -> Unread {
    Unread::Refused(Answer::unavailable(1, "too many bodies under way", "try again when others have ended"))
}
