//! Writes on their way to the store and back. Each is a task of its own that goes on when its client is gone, so that
//! nobody waits for the turn of a patch that nobody sends.

use std::rc::Rc;

use tokio::sync::oneshot;

use super::Shared;
use super::answer::{Answer, Place};
use super::budget::Share;
use crate::serve::outcome;
use crate::serve::served::Submission;
use crate::serve::turns::Turn;
use crate::store::{Busy, Completion, Error, Outcome, Store as _, Write};

/// Carries a write out and says what came of it; `None` if nobody can know that any more.
pub(super) async fn carry_out(
    shared: &Rc<Shared>,
    submission: Submission<()>,
    body: Share,
) -> Option<Answer> {
    let mut answer = None;
    let Some(room) = shared.writes.take(1) else {
        if let Some(attempt) = &submission.attempt {
            shared.leave(&attempt.turn);
        }
        outcome::busy(Place(&mut answer));
        return answer;
    };
    let shared = Rc::clone(shared);
    let writing = tokio::task::spawn_local(async move {
        let answer = write(&shared, submission).await;
        drop((room, body));
        answer
    });
    writing.await.ok().flatten()
}

async fn write(shared: &Shared, submission: Submission<()>) -> Option<Answer> {
    let Submission { mut write, mut attempt, told, .. } = submission;
    let mut answer = None;
    loop {
        let next = match (write.take(), &mut attempt) {
            (Some(write), _) => write,
            (None, Some(attempt)) => {
                loop {
                    let changed = shared.changed.notified();
                    if attempt.can_go_on(&shared.site.borrow()) {
                        break;
                    }
                    changed.await;
                }
                let again = attempt.again(&shared.site.borrow());
                match again {
                    Ok(write) => write,
                    Err(refusal) => {
                        refusal.answer(Place(&mut answer), shared.limits.body_bytes);
                        break;
                    }
                }
            }
            (None, None) => break,
        };
        match submit(shared, next).await {
            Err(Busy) => {
                outcome::busy(Place(&mut answer));
                break;
            }
            Ok(Err(Error::Conflict { .. })) if attempt.is_some() => {}
            Ok(result) => {
                if let Ok(committed) = &result {
                    shared.site.borrow_mut().apply(&committed.change);
                    shared.changed.notify_waiters();
                }
                outcome::answer(Place(&mut answer), told, &result, shared.limits.body_bytes);
                break;
            }
        }
    }
    if let Some(attempt) = attempt {
        shared.leave(&attempt.turn);
    }
    answer
}

async fn submit(shared: &Shared, write: Write) -> Result<Outcome, Busy> {
    let (sender, receiver) = oneshot::channel();
    shared.store.submit(write, Completion::Once(sender))?;
    Ok(receiver.await.unwrap_or(Err(Error::Unavailable)))
}

impl Shared {
    /// Lets the next patch of the resource have its turn.
    fn leave(&self, turn: &Turn) {
        self.site.borrow_mut().turns.leave(turn);
        self.changed.notify_waiters();
    }
}
