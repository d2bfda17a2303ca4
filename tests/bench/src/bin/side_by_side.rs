//! Twite beside its peers, interleaved, as Markdown. `QUICK=1` takes less time and is less exact.
#![forbid(unsafe_code)]

use twite_bench::burst::{self, Burst};
use twite_bench::machine;
use twite_bench::peers::Peer;
use twite_bench::run::{Sample, interleaved, load, median, middle};

const GET: &[&str] = &["--clients", "16", "--window", "4"];
const CROWD: &[&str] = &["--clients", "256", "--window", "1"];
const PUT: &[&str] = &["-m", "put", "--body", "64", "--clients", "16", "--window", "4"];
const ONE: &[&str] = &["--clients", "1", "--window", "1"];

/// A figure, its value, what it must and what it should be.
struct Figure(&'static str, String, f64, f64, f64);

struct Effort {
    rounds: usize,
    span: &'static str,
    requests: &'static str,
    observers: &'static str,
    bursts: usize,
}

const FULL: Effort = Effort { rounds: 5, span: "2s", requests: "1000000", observers: "10000", bursts: 200 };
const QUICK: Effort = Effort { rounds: 3, span: "1s", requests: "200000", observers: "1000", bursts: 60 };

fn main() {
    let quick = std::env::var_os("QUICK").is_some_and(|value| value != "0" && !value.is_empty());
    let effort = if quick { QUICK } else { FULL };
    println!("{}; server on one core, generator on another.\n", machine::description());
    let mut figures = Vec::new();
    memory(&effort, &mut figures);
    throughput(&effort, &mut figures);
    growth(&effort, &mut figures);
    fan_out(&effort, &mut figures);
    polling(&effort, &mut figures);
    bursts(&effort, &mut figures);
    println!("\n| figure | Twite | gate | goal | |\n|---|---|---|---|---|");
    for Figure(name, shown, value, gate, goal) in figures {
        let at_least = goal > gate;
        let reaches = |bound: f64| if at_least { value >= bound } else { value <= bound };
        let verdict = if goal != gate && reaches(goal) {
            "goal"
        } else if reaches(gate) {
            "gate"
        } else {
            "missed"
        };
        let sign = if at_least { "≥" } else { "≤" };
        println!("| {name} | {shown} | {sign} {gate} | {sign} {goal} | {verdict} |");
    }
    durable(&effort);
}

fn ratio(name: &'static str, value: f64, gate: f64, goal: f64) -> Figure {
    Figure(name, format!("{value:.2}"), value, gate, goal)
}

fn with<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [arguments, more].concat()
}

fn throughput(effort: &Effort, figures: &mut Vec<Figure>) {
    let mut servers =
        vec![Peer::ours("raw", "raw"), Peer::twite("Twite", "memory", &[]), Peer::ours("tokio", "echo")];
    servers.extend(Peer::libcoap());
    servers.push(Peer::ours("coap-rs", "coap_rs"));
    let peers: Vec<&Peer> = servers.iter().collect();
    for peer in &peers {
        // Not measured: caches and tables fill.
        load(peer, &with(GET, &["--count", "5000"]));
    }
    let measure = |peers: &[&Peer], arguments| {
        interleaved(peers, effort.rounds, &with(arguments, &["--for", effort.span]))
    };
    let (get, crowd, put) = (measure(&peers, GET), measure(&peers, CROWD), measure(&peers, PUT));
    let one = measure(&peers[..3], ONE);
    let rate = |samples: &Vec<Sample>| median(samples, |sample| sample.per_second);
    let processor = |samples: &Vec<Sample>| median(samples, |sample| sample.processor);
    println!(
        "| server | GET/s, 16 clients × window 4 | vs raw | 256 × 1 | PUT 64 B, 16 × 4 | CPU µs/GET | of its core |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (number, peer) in peers.iter().enumerate() {
        println!(
            "| {} | {:.0} | {:.2} | {:.2} | {:.2} | {:.1} | {:.0} % |",
            peer.name,
            rate(&get[number]),
            rate(&get[number]) / rate(&get[0]),
            rate(&crowd[number]) / rate(&crowd[0]),
            rate(&put[number]) / rate(&put[0]),
            processor(&get[number]),
            rate(&get[number]) * processor(&get[number]) / 1e4,
        );
    }
    let p50 = |number: usize| median(&one[number], |sample: &Sample| sample.p50);
    println!(
        "\nOne client's median latency: raw {:.1} µs, Twite {:.1}, tokio {:.1}.",
        p50(0),
        p50(1),
        p50(2)
    );
    figures.push(ratio("1: GET/s, 16 × 4, vs raw", rate(&get[1]) / rate(&get[0]), 0.70, 0.85));
    figures.push(ratio("2: GET/s, 256 × 1, vs raw", rate(&crowd[1]) / rate(&crowd[0]), 0.65, 0.80));
    figures.push(ratio(
        "2: PUT/s, 64 B, 16 × 4, in memory, vs raw",
        rate(&put[1]) / rate(&put[0]),
        0.65,
        0.80,
    ));
    figures.push(ratio("3: CPU per GET vs raw", processor(&get[1]) / processor(&get[0]), 1.45, 1.25));
    if let Some(place) = peers.iter().position(|peer| peer.name == "libcoap") {
        figures.push(ratio("4: GET/s, 16 × 4, vs libcoap", rate(&get[1]) / rate(&get[place]), 2.0, 2.5));
    }
    figures.push(ratio("13: one client's p50 vs tokio", p50(1) / p50(2), 1.20, 1.20));
}

/// Figure 8: fresh servers and crowded ones, interleaved.
fn growth(effort: &Effort, figures: &mut Vec<Figure>) {
    let (fresh, crowded) = (Peer::twite("fresh", "memory", &[]), Peer::twite("crowded", "memory", &[]));
    load(&fresh, &with(GET, &["--count", "5000"]));
    load(&crowded, &with(GET, &["--per-source", "1", "--count", "50000"]));
    let samples = interleaved(&[&fresh, &crowded], effort.rounds, &with(GET, &["--for", effort.span]));
    let [fresh, crowded] =
        [&samples[0], &samples[1]].map(|samples| median(samples, |sample| sample.processor));
    figures.push(ratio("8: CPU per GET after 50 000 endpoints vs fresh", crowded / fresh, 1.25, 1.10));
}

/// Figure 12.
fn fan_out(effort: &Effort, figures: &mut Vec<Figure>) {
    let (raw, twite) = (Peer::ours("raw", "raw"), Peer::twite("Twite", "memory", &[]));
    // Each run's observers are endpoints that vanish: of raw's, which forgets none, only the first run's count.
    let arguments = ["-m", "observe", "--clients", effort.observers, "--for", effort.span];
    let (twite, raw) = (load(&twite, &arguments), load(&raw, &arguments));
    println!(
        "\nNotifications to {} observers: raw {:.0}/s and {:.1} µs of CPU each, Twite {:.0}/s and {:.1} µs.",
        effort.observers, raw.per_second, raw.processor, twite.per_second, twite.processor
    );
    // By rate raw loses: its burst keeps the generator from acknowledging until the burst is over.
    figures.push(ratio(
        "12: notifications per CPU second vs raw",
        raw.processor / twite.processor,
        0.60,
        0.80,
    ));
}

/// Figure 13 with the option to look for the next datagram for a while before sleeping.
fn polling(effort: &Effort, figures: &mut Vec<Figure>) {
    let polling = Peer::twite("Twite, --poll 20", "memory", &["--poll", "20"]);
    let tokio = Peer::ours("tokio", "echo");
    let samples = interleaved(&[&polling, &tokio], effort.rounds, &with(ONE, &["--for", effort.span]));
    let [polling, tokio] = [&samples[0], &samples[1]].map(|samples| median(samples, |sample| sample.p50));
    println!("\nThe same with --poll 20: Twite {polling:.1} µs, tokio {tokio:.1}.");
    figures.push(ratio("13: one client's p50 with --poll 20 vs tokio", polling / tokio, 1.20, 0.45));
}

/// Figure 14: one thread and two, both free to use all cores.
fn bursts(effort: &Effort, figures: &mut Vec<Figure>) {
    if machine::cores() < 2 {
        println!("\nFigure 14 needs two cores.");
        return;
    }
    let servers = [Peer::workers("one worker", "1"), Peer::workers("two workers", "2")];
    let mut bursts = servers.each_ref().map(Burst::to);
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..effort.bursts {
        for ((server, burst), times) in servers.iter().zip(&mut bursts).zip(&mut times) {
            times.extend(burst.drain(server));
        }
    }
    let drained = times.each_ref().map(Vec::len);
    let [one, two] = times.map(middle);
    println!(
        "\nA burst of {} GET: {:.2} ms with one worker, {:.2} with two; {drained:?} of {} bursts answered in full.",
        burst::REQUESTS,
        one * 1e3,
        two * 1e3,
        effort.bursts
    );
    figures.push(ratio("14: burst drained by two workers vs one", one / two, 1.4, 1.6));
}

/// Figure 15.
fn memory(effort: &Effort, figures: &mut Vec<Figure>) {
    let peer = Peer::twite("Twite", "memory", &[]);
    let idle = machine::resident(peer.process());
    load(&peer, &with(GET, &["--count", effort.requests]));
    let after = machine::resident(peer.process());
    figures.push(Figure("15: memory when idle, MB", format!("{idle:.0}"), idle, 8.0, 5.0));
    let name = if effort.requests == "1000000" {
        "15: memory after 1 000 000 requests, MB"
    } else {
        "15: memory after 200 000 requests, MB"
    };
    figures.push(Figure(name, format!("{after:.0}"), after, 32.0, 20.0));
}

fn durable(effort: &Effort) {
    let peer = Peer::twite("Twite", "commit", &[]);
    let rates = ["1", "16", "256"].map(|clients| {
        let arguments =
            ["-m", "put", "--body", "64", "--clients", clients, "--window", "1", "--for", effort.span];
        format!("{:.0} from {clients}", load(&peer, &arguments).per_second)
    });
    println!("\nDurable writes/s, each acknowledged after it is on disk, by clients: {}.", rates.join(", "));
}
