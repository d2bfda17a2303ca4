//! Many seeds, on all cores.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant as WallClock;

use twite::base::Instant;

use crate::dice::Dice;
use crate::ledger::{Invariant, Ledger, Mark, Tally, Violation};
use crate::memory::Memory;
use crate::plan::{MOST_RESTARTS, Plan};
use crate::planted::Fault;
use crate::world::World;

/// Seeds that once found a fault.
pub(crate) const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/simulation/regressions.txt");

/// After so many seeds a line says how far it is.
const PROGRESS: u64 = 10_000;

/// What one seed came to.
pub(crate) struct Report {
    /// The first breach.
    pub violation: Option<Violation>,
    /// What happened how often.
    pub tally: Tally,
    /// The same, up to the end of the last exchange that was begun in bad weather.
    pub exchanged: Tally,
    /// A hash of all datagrams.
    pub hash: u64,
    /// The last events, if asked for.
    pub trace: Vec<String>,
}

/// Runs one seed.
pub(crate) fn run(seed: u64, fault: Fault, trace: bool) -> Report {
    let mut dice = Dice::new(seed);
    let mut plan = Plan::draw(&mut dice);
    if fault == Fault::AppliesParts {
        plan.server.uploads = 0;
    }
    run_plan(plan, dice, fault, trace)
}

/// Runs one plan.
pub(crate) fn run_plan(plan: Plan, dice: Dice, fault: Fault, trace: bool) -> Report {
    let servers = plan.servers + if plan.restarts == 0 { 0 } else { MOST_RESTARTS };
    let mut memories: Vec<_> = (0..plan.clients)
        .map(|_| Memory::new(plan.client))
        .chain((0..servers).map(|_| Memory::new(plan.server)))
        .collect();
    let storages = memories.iter_mut().map(Memory::lend);
    let ledger = Ledger::new(trace, &plan);
    let mut world = World::new(plan, dice, fault, ledger, storages);
    let panicked = catch_unwind(AssertUnwindSafe(|| world.run())).is_err();
    let (ledger, exchanged) = (&mut world.ledger, world.exchanged);
    ledger.check(Instant::from_micros(0), Invariant::NoPanic, !panicked, || "panicked".into());
    Report {
        violation: ledger.violation.take(),
        tally: ledger.tally,
        exchanged,
        hash: ledger.hash(),
        trace: ledger.trace.take().into_iter().flatten().collect(),
    }
}

/// Runs one seed that has to hold; tells everything about a breach.
pub(crate) fn hold(seed: u64) -> Tally {
    let report = run(seed, Fault::None, false);
    if let Some(violation) = report.violation {
        explain(seed, &violation);
        keep(seed);
        panic!("seed {seed}: {:?}", violation.invariant);
    }
    report.tally
}

/// From now on the seed is run first.
fn keep(seed: u64) {
    let line = seed.to_string();
    let known = std::fs::read_to_string(REGRESSIONS).expect("regressions.txt");
    if !known.lines().any(|known| known == line) {
        std::fs::write(REGRESSIONS, format!("{known}{line}\n")).expect("regressions.txt can be written");
    }
}

/// Prints a breach with what led to it.
fn explain(seed: u64, violation: &Violation) {
    let plan = Plan::draw(&mut Dice::new(seed));
    let trace = run(seed, Fault::None, true).trace;
    eprintln!(
        "seed {seed} at {} us: {:?}: {}\n{plan:?}\n{}\nagain: TWITE_SEED={seed} cargo test -p twite-tests --test simulation one_seed",
        violation.at.as_micros(),
        violation.invariant,
        violation.seen,
        trace.join("\n")
    );
}

/// Runs all seeds below `count`; the sum of their tallies.
pub(crate) fn campaign(count: u64) -> Tally {
    let begin = WallClock::now();
    let next = AtomicU64::new(0);
    let broken = AtomicU64::new(u64::MAX);
    let worker = || {
        let mut sum = [0; Mark::ALL.len()];
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= count.min(broken.load(Ordering::Relaxed)) {
                return sum;
            }
            let report = run(seed, Fault::None, false);
            if seed != 0 && seed.is_multiple_of(PROGRESS) {
                // Not `eprintln`, which tests keep to themselves.
                let _ = writeln!(std::io::stderr(), "{seed} of {count} seeds, {:.0?}", begin.elapsed());
            }
            if report.violation.is_some() {
                broken.fetch_min(seed, Ordering::Relaxed);
            }
            add(&mut sum, &report.tally);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let sum = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let mut sum = [0; Mark::ALL.len()];
        workers.into_iter().for_each(|worker| add(&mut sum, &worker.join().expect("a tally")));
        sum
    });
    let first_broken = broken.into_inner();
    if first_broken < count {
        hold(first_broken);
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("{count} seeds in {seconds:.1} s, {:.0} a second", count as f64 / seconds);
    println!("{}", summary(&sum));
    sum
}

fn add(sum: &mut Tally, tally: &Tally) {
    sum.iter_mut().zip(tally).for_each(|(sum, number)| *sum += number);
}

/// One line with every count.
pub(crate) fn summary(tally: &Tally) -> String {
    let counts = Mark::ALL.iter().map(|mark| format!("{mark:?} {}", tally[*mark as usize]));
    counts.collect::<Vec<_>>().join(", ")
}
