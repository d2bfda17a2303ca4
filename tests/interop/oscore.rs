//! aiocoap as a client of our server under OSCORE: contexts are made by `twite keygen --aiocoap client`.

use std::path::{Path, PathBuf};

use twite_tests::datagrams::{Datagrams, message};
use twite_tests::folder::Folder;
use twite_tests::liar::Liar;
use twite_tests::program::{Ran, run, twite};
use twite_tests::server::Server;

use super::peer::python;

const POLICY: &str = "
[identities.device]
roles = ['all']
oscore = ['device']
[roles.all]
permissions = [{ path = '**', methods = ['GET', 'PUT', 'POST', 'DELETE', 'FETCH'] }]
";

/// Both sides of a context of this name: the client's folder and the server's file.
fn keygen(folder: &Folder, name: &str) -> [PathBuf; 2] {
    let here = folder.path().to_str().expect("UTF-8");
    let made = twite(["keygen", name, "--directory", here, "--aiocoap", "client"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    [format!("{name}.client"), format!("{name}.server.toml")].map(|name| folder.path().join(name))
}

/// A server with this context.
fn start(folder: &Folder, context: &Path) -> Server {
    let policy = folder.file("policy.toml", POLICY);
    let [policy, context] = [&policy, context].map(|path| path.to_str().expect("UTF-8"));
    Server::start(&folder.path().join("data"), &["--policy", policy, "--oscore", context])
}

fn aiocoap(uri: &str, client: &Path, mode: &[&str]) -> Ran {
    run(python("oscore.py").arg(uri).arg(client).args(mode), &[])
}

/// What the script does under a context that the server has.
const DONE: (Option<i32>, &str) = (Some(0), "methods\nblocks\nobservation\n");

#[test]
fn aiocoap_is_served_under_a_context_also_after_a_restart() {
    let folder = Folder::new();
    let [client, context] = keygen(&folder, "device");
    // After a restart the server asks for a fresh request (4.01 with Echo), which aiocoap answers by itself.
    for round in 1..=2 {
        let server = start(&folder, &context);
        let uri = format!("coap://{}", server.address());
        let ran = aiocoap(&uri, &client, &[]);
        assert_eq!((ran.code, ran.text()), DONE, "round {round}: {}", ran.stderr);
        // Nobody else is let in.
        assert_eq!(twite(["get", &format!("{uri}/a")]).code, Some(4), "round {round}");
        server.kill();
    }
}

#[test]
fn aiocoap_is_refused_without_the_key() {
    let folder = Folder::new();
    let [client, context] = keygen(&folder, "device");
    let [other, _] = keygen(&folder, "other");
    let server = start(&folder, &context);
    let uri = format!("coap://{}", server.address());
    let ran = aiocoap(&uri, &other, &["refused"]);
    assert_eq!((ran.code, ran.text()), (Some(0), "4.01 Security context not found\n"), "{}", ran.stderr);
    // The names of the one, the secret of the other.
    let [ours, others] =
        [&client, &other].map(|folder| std::fs::read_to_string(folder.join("secret.json")).expect("a file"));
    let secret = |text: &str| text.split('"').nth(3).expect("a secret").to_owned();
    std::fs::write(client.join("secret.json"), ours.replace(&secret(&ours), &secret(&others)))
        .expect("a file");
    let ran = aiocoap(&uri, &client, &["refused"]);
    assert_eq!((ran.code, ran.text()), (Some(0), "4.00 Decryption failed\n"), "{}", ran.stderr);
}

#[test]
fn what_aiocoap_sent_is_served_once() {
    let folder = Folder::new();
    let [client, context] = keygen(&folder, "device");
    let server = start(&folder, &context);
    let liar = Liar::before(server.address(), |answer, _| vec![answer.to_vec()]);
    let ran = aiocoap(liar.uri("").trim_end_matches('/'), &client, &[]);
    assert_eq!((ran.code, ran.text()), DONE, "{}", ran.stderr);
    let socket = Datagrams::to(server.address());
    let requests = liar.end().into_iter().filter(|datagram| message(datagram).code().is_request());
    let mut count = 0;
    for request in requests {
        // Another message id, so that it is no repetition.
        let answer = socket.exchange(&[&request[..2], &[0, 9], &request[4..]].concat());
        let answer = message(&answer);
        assert_eq!((answer.code().to_string().as_str(), answer.payload()), ("4.01", &b"Replay detected"[..]));
        count += 1;
    }
    assert!(count > 20, "{count} requests");
}
