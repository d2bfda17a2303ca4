//! Faults planted around the endpoint: each has to be found.

use crate::campaign::run;
use crate::ledger::Invariant;

/// What goes wrong on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// The server executes a repeated POST again.
    ForgetsDuplicates,
    /// The client puts blocks of different versions together.
    IgnoresETag,
    /// The client takes an old notification for new.
    IgnoresOrder,
    /// The server does not always say that a resource changed.
    ForgetsChanges,
    /// The server answers from the past.
    ServesStale,
    /// The server takes every block for a whole body.
    AppliesParts,
    /// An Acknowledgement or Reset is answered by Reset.
    AnswersReplies,
    /// Few message ids are used again and again.
    RepeatsMessageIds,
    /// Clients never look at the clock.
    LosesTimers,
}

/// How many seeds may pass before a fault is found.
const SEEDS: u64 = 200;

fn found(fault: Fault, invariant: Invariant) {
    let mut seeds = 0..SEEDS;
    let caught = seeds.find_map(|seed| run(seed, fault, false).violation.map(|violation| (seed, violation)));
    let (seed, violation) = caught.unwrap_or_else(|| panic!("{fault:?} was not found in {SEEDS} seeds"));
    println!("{fault:?}: seed {seed}, {violation:?}");
    assert_eq!(violation.invariant, invariant, "{}", violation.seen);
}

#[test]
fn a_server_that_forgets_duplicates_is_found() {
    found(Fault::ForgetsDuplicates, Invariant::AtMostOnce);
}

#[test]
fn a_client_that_ignores_the_etag_of_blocks_is_found() {
    found(Fault::IgnoresETag, Invariant::OneVersion);
}

#[test]
fn a_client_that_ignores_the_order_of_notifications_is_found() {
    found(Fault::IgnoresOrder, Invariant::Order);
}

#[test]
fn a_server_that_forgets_changes_is_found() {
    found(Fault::ForgetsChanges, Invariant::LastState);
}

#[test]
fn a_server_that_answers_from_the_past_is_found() {
    found(Fault::ServesStale, Invariant::Value);
}

#[test]
fn a_server_that_takes_a_block_for_the_body_is_found() {
    found(Fault::AppliesParts, Invariant::WholeUpload);
}

#[test]
fn an_answer_to_an_acknowledgement_is_found() {
    found(Fault::AnswersReplies, Invariant::Silence);
}

#[test]
fn a_message_id_that_is_used_again_is_found() {
    found(Fault::RepeatsMessageIds, Invariant::MessageIds);
}

#[test]
fn a_request_that_never_ends_is_found() {
    found(Fault::LosesTimers, Invariant::EndsOnce);
}
