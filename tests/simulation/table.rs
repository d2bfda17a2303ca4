//! A thousand exchanges of each kind in the same bad weather: each completes or fails for a reason.

use twite::reliability::Timing;

use crate::campaign::{Report, run_plan};
use crate::dice::Dice;
use crate::ledger::Mark;
use crate::memory::Capacity;
use crate::plan::{Plan, Weather};
use crate::planted::Fault;
use crate::task::Kind;

/// How many of each kind.
const EXCHANGES: usize = 1_000;

/// Every way to fail.
const REASONS: [Mark; 9] = [
    Mark::TimedOut,
    Mark::Rejected,
    Mark::Unavailable,
    Mark::NotObserved,
    Mark::Incomplete,
    Mark::TooLarge,
    Mark::Abandoned,
    Mark::Refused,
    Mark::Cancelled,
];

/// Room for all there is.
const ROOMY: Capacity = Capacity {
    peers: 16,
    exchanges: 512,
    observers: 256,
    observers_per_peer: 64,
    uploads: 64,
    body: 4096,
    message: 1152,
};

/// Four clients and a server, one fifth of the datagrams lost, one tenth repeated, all of them out of order.
const fn plan(kind: Kind) -> Plan {
    Plan {
        clients: 4,
        servers: 1,
        exchanges: EXCHANGES,
        only: Some(kind),
        confirmable: 1_000,
        cancels: 0,
        in_flight: 4,
        nstart: Timing::DEFAULT.nstart,
        pause: 6_000,
        weather: Weather { loss: 200, duplication: 100, corruption: 0, truncation: 0, delay: 3_000 },
        rebinds: 0,
        partitions: 0,
        restarts: 0,
        keeps_state: true,
        slowness: 5_000,
        lateness: 0,
        tiny: false,
        client: ROOMY,
        server: ROOMY,
    }
}

/// Runs them; completed ones at least `least`.
fn table(kind: Kind, completed: Mark, least: u64) -> Report {
    let report = run_plan(plan(kind), Dice::new(kind as u64), Fault::None, false);
    if let Some(violation) = &report.violation {
        panic!("{kind:?}: {violation:?}");
    }
    let number = |mark: Mark| report.exchanged[mark as usize];
    let failed = REASONS.map(|reason| (reason, number(reason)));
    let reasons: Vec<_> = failed
        .iter()
        .filter(|(_, failed)| *failed != 0)
        .map(|(reason, failed)| format!("{reason:?} {failed}"))
        .collect();
    println!("{kind:?}: completed {}, {}", number(completed), reasons.join(", "));
    let sum = number(completed) + failed.iter().map(|(_, failed)| failed).sum::<u64>();
    assert_eq!((number(Mark::Begun), sum), (EXCHANGES as u64, EXCHANGES as u64), "{kind:?}: each ends once");
    assert!(number(completed) >= least, "{kind:?}: {} completed", number(completed));
    report
}

#[test]
fn a_thousand_exchanges_of_each_kind_complete_or_fail_for_a_reason() {
    for kind in [Kind::Get, Kind::SlowGet, Kind::Fetch, Kind::Put, Kind::Delete] {
        table(kind, Mark::Completed, 950);
    }
    for kind in [Kind::Post, Kind::SlowPost, Kind::Patch] {
        // A second execution is a breach; some of those that failed were executed, too.
        let tally = table(kind, Mark::Completed, 950).exchanged;
        let executions = tally[Mark::Executions as usize];
        assert!((tally[Mark::Completed as usize]..=EXCHANGES as u64).contains(&executions), "{executions}");
        assert_ne!(tally[Mark::Duplicated as usize], 0);
    }
    table(Kind::Download, Mark::Completed, 900);
    table(Kind::Upload, Mark::Completed, 900);
    // An observer that does not hold the last state is a breach.
    let tally = table(Kind::Observe, Mark::Observed, 950).tally;
    assert_ne!((tally[Mark::Converged as usize], tally[Mark::LastStates as usize]), (0, 0));
}
