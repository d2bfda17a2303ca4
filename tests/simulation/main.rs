//! The engine under a bad network: real endpoints, virtual time, one seed for every execution.
//!
//! `TWITE_SEEDS` says how many seeds are run, `TWITE_SEED` runs one and shows its last events.

// The same sources as `twite`, but faults can be planted in it; why it is a package of its own says its manifest.
extern crate twite_faulty as twite;

mod amplification;
mod campaign;
mod client;
mod dice;
mod judge;
mod ledger;
mod memory;
mod model;
mod network;
mod observers;
mod outstanding;
mod plan;
mod planted;
mod server;
mod table;
mod task;
mod traffic;
mod world;

use ledger::Mark;
use planted::Fault;

/// Each is about 200 exchanges.
const SEEDS: u64 = 10_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn every_seed_holds_and_everything_occurs() {
    let known = std::fs::read_to_string(campaign::REGRESSIONS).expect("regressions.txt");
    let known = known.lines().filter(|line| !line.starts_with('#'));
    for seed in known.filter(|line| !line.is_empty()) {
        campaign::hold(seed.parse().expect("a number"));
    }
    let seeds = number("TWITE_SEEDS").unwrap_or(SEEDS);
    let tally = campaign::campaign(seeds);
    if seeds >= SEEDS {
        for &mark in Mark::ALL {
            assert_ne!(tally[mark as usize], 0, "{mark:?} never occurred");
        }
    }
}

#[test]
fn one_seed_with_its_last_events() {
    let Some(seed) = number("TWITE_SEED") else { return };
    let report = campaign::run(seed, Fault::None, true);
    println!("{}\n{}", report.trace.join("\n"), campaign::summary(&report.tally));
    campaign::hold(seed);
}

#[test]
fn one_seed_is_one_execution() {
    for seed in 0..20 {
        let [first, second] = [(); 2].map(|()| campaign::run(seed, Fault::None, false));
        assert_eq!((first.hash, first.tally), (second.hash, second.tally), "seed {seed}");
    }
    let [first, second] = [1, 2].map(|seed| campaign::run(seed, Fault::None, false).hash);
    assert_ne!(first, second);
}
