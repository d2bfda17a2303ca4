//! Hostile datagrams against the running server: the right reaction, and the server lives on unchanged.

use twite::wire::Code;
use twite_tests::datagrams::{Datagrams, message};
use twite_tests::folder::Folder;
use twite_tests::server::Server;
use twite_tests::vectors::{GROUPS, Reaction, Vector, fault, malformed};

/// GET /t with a token that no vector has.
const TEXT: &[u8] = b"\x48\x01\xff\xfeliveness\xb1t";

/// GET /c with the same token.
const COUNT: &[u8] = b"\x48\x01\xff\xfdliveness\xb1c";

/// What `--plugtest` serves that can change.
type State = (Vec<u8>, Vec<u8>);

#[test]
fn the_server_reacts_as_required_and_lives_on() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--plugtest", "--durability", "memory"]);
    let vectors = malformed(GROUPS, true);
    assert!(vectors.len() > 250, "only {} datagrams", vectors.len());
    let mut faults = Vec::new();
    let mut sockets = Vec::new();
    let mut before = probe(&Datagrams::to(server.address()), &mut Vec::new());
    for vector in &vectors {
        let socket = Datagrams::to(server.address());
        let (answers, after) = strike(&socket, vector);
        faults.extend(fault(vector, &answers));
        let success = answers.iter().any(|answer| answer.get(1).is_some_and(|code| Code(*code).class() == 2));
        if before != after && !success {
            faults.push(format!("{}: {before:?} became {after:?} without success", vector.id));
        }
        before = after;
        sockets.push(socket);
    }
    for (socket, vector) in sockets.iter().zip(&vectors) {
        let late = socket.waiting();
        if !late.is_empty() {
            faults.push(format!("{}: came later: {late:02x?}", vector.id));
        }
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), vectors.len(), faults.join("\n"));
    let (code, log) = server.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("panic"), "{log}");
}

/// Sends the vector and the probes behind it; what came back for the vector, and what the probes found.
///
/// The server answers in order, so that silence is proved by the answer to the first probe.
fn strike(socket: &Datagrams, vector: &Vector) -> (Vec<Vec<u8>>, State) {
    let mut answers = Vec::new();
    socket.send(&vector.datagram);
    let state = probe(socket, &mut answers);
    // Only a write waits for the store; probes can overtake it.
    if answers.is_empty() && !vector.reactions.contains(&Reaction::Ignore) {
        answers.extend(socket.try_receive());
    }
    (answers, state)
}

/// Asks for both resources; what comes first goes to `answers`.
fn probe(socket: &Datagrams, answers: &mut Vec<Vec<u8>>) -> State {
    socket.send(TEXT);
    let text = probed(socket, TEXT, answers);
    socket.send(COUNT);
    (text, probed(socket, COUNT, answers))
}

/// The body of the answer to a probe.
fn probed(socket: &Datagrams, probe: &[u8], answers: &mut Vec<Vec<u8>>) -> Vec<u8> {
    loop {
        let datagram = socket.receive();
        if datagram.get(2..4) == probe.get(2..4) && datagram.get(4..12) == Some(b"liveness") {
            let answer = message(&datagram);
            assert_eq!(answer.code().to_string(), "2.05", "a plain GET");
            return answer.payload().to_vec();
        }
        answers.push(datagram);
    }
}
