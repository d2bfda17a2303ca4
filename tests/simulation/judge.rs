//! What a response means to the client that waited for it, and whether it can be true.

use twite::base::Instant;
use twite::exchange::{Freshness, Part, Sent, Step};
use twite::wire::{Code, Message, ResponseType, number, uint};

use crate::ledger::{Invariant, Ledger, Mark};
use crate::model::{Model, read_body, read_small};
use crate::planted::Fault;
use crate::task::{Operation, Task};

/// What the client does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// The operation is over.
    Ended,
    /// The next request is to be sent.
    Ask,
    /// More notifications are to come.
    Listen,
}

/// Looks at the response to an operation of `model`'s server.
pub(crate) fn judge(
    now: Instant,
    operation: &mut Operation,
    message: &Message<'_>,
    model: &Model,
    ledger: &mut Ledger,
    fault: Fault,
) -> Next {
    let code = message.code();
    if [ResponseType::ServiceUnavailable, ResponseType::TooManyRequests].map(Code::from).contains(&code) {
        ledger.count(Mark::Unavailable);
        return Next::Ended;
    }
    let mark = operation.task.mark();
    let sent = operation.sent;
    let success = code.class() == 2;
    let number_said = read_small(message.payload());
    let good = match &mut operation.task {
        Task::Get { .. } => success && number_said.is_some_and(|value| model.register.had(value, sent)),
        Task::Fetch => success && number_said.is_some_and(|value| model.register.had(value, sent)),
        Task::Put { .. } | Task::Touch { .. } | Task::Delete => success,
        Task::Post { id, .. } | Task::Patch { id } => {
            success && number_said == Some(*id) && ledger.was_executed(*id)
        }
        Task::Fail => code == ResponseType::InternalServerError.into(),
        Task::Ping => false,
        Task::Observe { .. } if code == ResponseType::InternalServerError.into() => {
            ledger.count(Mark::ObservationEnded);
            return Next::Ended;
        }
        Task::Observe { which, freshness, latest } => {
            let good = success && number_said.is_some_and(|value| model.states[*which].had(value, sent));
            if good {
                return notified(now, message, number_said, (freshness, latest), ledger, fault);
            }
            good
        }
        Task::Download { .. } => return downloaded(now, operation, message, model, ledger, fault),
        Task::Upload { .. } => return uploaded(now, operation, message, model, ledger),
    };
    ledger.check_undamaged(now, Invariant::Value, good, || {
        format!("{mark:?} was answered {code:?} {number_said:?}")
    });
    if good {
        ledger.count(mark);
        ledger.count(Mark::Completed);
    }
    Next::Ended
}

fn notified(
    now: Instant,
    message: &Message<'_>,
    value: Option<u64>,
    (freshness, latest): (&mut Freshness, &mut Option<u64>),
    ledger: &mut Ledger,
    fault: Fault,
) -> Next {
    let Some(sequence) = message.values(number::OBSERVE).next().and_then(uint) else {
        ledger.count(Mark::NotObserved);
        return Next::Ended;
    };
    ledger.count(if latest.is_some() { Mark::Notified } else { Mark::Observed });
    if freshness.accept(now, sequence) || fault == Fault::IgnoresOrder {
        // A server that restarts counts from the start again, and both count for one registration.
        let forward = *latest <= value || ledger.number(Mark::ServerRestarts) != 0;
        let before = *latest;
        ledger.check_undamaged(now, Invariant::Order, forward, || format!("{value:?} after {before:?}"));
        *latest = value;
    }
    Next::Listen
}

fn downloaded(
    now: Instant,
    operation: &mut Operation,
    message: &Message<'_>,
    model: &Model,
    ledger: &mut Ledger,
    fault: Fault,
) -> Next {
    let Task::Download { download, received, next, since, left } = &mut operation.task else {
        return Next::Ended;
    };
    let code = message.code();
    let step = download.step(&Part::of(message));
    match step {
        Step::More(block) => {
            received.extend_from_slice(message.payload());
            *next = Some(block.to_option());
            Next::Ask
        }
        Step::Done if code.class() == 2 => {
            received.extend_from_slice(message.payload());
            let version = read_body(received);
            let length = received.len();
            let true_version = version.is_some_and(|version| model.large.had(version, *since));
            ledger.check_undamaged(now, Invariant::OneVersion, true_version, || {
                format!("a body of {length} bytes is version {version:?}")
            });
            ledger.count(Mark::Download);
            ledger.count(Mark::Completed);
            Next::Ended
        }
        Step::Changed | Step::Done | Step::Broken => {
            ledger.check_undamaged(now, Invariant::OneVersion, step == Step::Changed, || {
                format!("a block was answered {code:?}: {step:?}")
            });
            ledger.count(Mark::Restarted);
            (*download, *next, *since) = (fault.download(), None, now);
            received.clear();
            *left -= 1;
            if *left == 0 {
                ledger.count(Mark::Abandoned);
                return Next::Ended;
            }
            Next::Ask
        }
    }
}

fn uploaded(
    now: Instant,
    operation: &mut Operation,
    message: &Message<'_>,
    model: &Model,
    ledger: &mut Ledger,
) -> Next {
    let Task::Upload { upload, version, .. } = &mut operation.task else { return Next::Ended };
    let code = message.code();
    if upload.step(&Part::of(message)) == Sent::Next {
        return Next::Ask;
    }
    if code == ResponseType::RequestEntityIncomplete.into() {
        let excused = ledger.tiny || ledger.number(Mark::ServerRestarts) + ledger.number(Mark::Rebound) != 0;
        ledger.check_undamaged(now, Invariant::WholeUpload, excused, || "the server lost blocks".into());
        ledger.count(Mark::Incomplete);
    } else if code == ResponseType::RequestEntityTooLarge.into() {
        ledger.count(Mark::TooLarge);
    } else {
        let applied = code.class() == 2 && model.large.had(*version, operation.sent);
        ledger.check_undamaged(now, Invariant::WholeUpload, applied, || {
            format!("an upload was answered {code:?}, but its body is not there")
        });
        ledger.count(Mark::Upload);
        ledger.count(Mark::Completed);
    }
    Next::Ended
}
