//! The server program itself under callgrind, loaded from outside: what a request costs in the whole process.

use twite_tests::folder::Folder;
use twite_tests::program;
use twite_tests::server::Server;

use crate::callgrind::{self, Counts};

/// Requests of the run that fills tables and caches, and of the one that goes on.
const LESS: u64 = 5_000;
const MORE: u64 = 20_000;

/// A load: its name, its arguments of `twite bench`, its gates in instructions and allocations.
pub(crate) type Load = (&'static str, &'static [&'static str], f64, f64);

pub(crate) const LOADS: &[Load] = &[
    ("GET of the server, 16 × 4", &["--clients", "16", "--window", "4"], 2_500.0, 0.1),
    ("GET of the server, 1 × 1", &["--clients", "1", "--window", "1"], 3_500.0, 0.1),
    (
        "PUT of 64 bytes of the server, 16 × 4",
        &["-m", "put", "--body", "64", "--clients", "16", "--window", "4"],
        3_000.0,
        2.0,
    ),
];

/// Instructions and allocations of one request, with those of its share of a batch.
pub(crate) fn each(arguments: &[&str]) -> [f64; 2] {
    serve(arguments, MORE).each_beyond(serve(arguments, LESS), MORE - LESS)
}

/// A server's whole life with so many requests in it.
fn serve(arguments: &[&str], count: u64) -> Counts {
    let folder = Folder::new();
    let output = folder.path().join("callgrind.out");
    let mut command = callgrind::counting(&output);
    command.arg(program::program()).args(["serve", "--listen", "127.0.0.1:0", "--workers", "1"]);
    command.args(["--durability", "memory", "--data"]).arg(folder.path().join("data"));
    let server = Server::spawn(program::without_settings(&mut command));
    let uri = server.uri("t");
    succeeds(&["put", &uri, "hello"]);
    let count = count.to_string();
    succeeds(&[&["bench", &uri, "--warm-up", "0", "--count", &count], arguments].concat());
    let (code, log) = server.terminate();
    assert_eq!(code, Some(0), "{log}");
    callgrind::counts(&output)
}

fn succeeds(arguments: &[&str]) {
    let ran = program::twite(arguments);
    assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
}
