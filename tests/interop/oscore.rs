//! aiocoap as a client of our server under OSCORE: contexts are made by `twite keygen --aiocoap client`.

use twite_tests::folder::Folder;
use twite_tests::program::{run, twite};
use twite_tests::server::Server;

use super::aiocoap::python;

const POLICY: &str = "
[identities.device]
roles = ['all']
oscore = ['device']
[roles.all]
permissions = [{ path = '**', methods = ['GET', 'PUT', 'POST', 'DELETE', 'FETCH'] }]
";

#[test]
fn aiocoap_is_served_under_a_context_also_after_a_restart() {
    let folder = Folder::new();
    let here = folder.path().to_str().expect("UTF-8");
    let made = twite(["keygen", "device", "--directory", here, "--aiocoap", "client"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let policy = folder.file("policy.toml", POLICY);
    let policy = policy.to_str().expect("UTF-8");
    let context = folder.path().join("device.server.toml");
    let arguments = ["--policy", policy, "--oscore", context.to_str().expect("UTF-8")];
    // After a restart the server asks for a fresh request (4.01 with Echo), which aiocoap answers by itself.
    for round in 1..=2 {
        let server = Server::start(&folder.path().join("data"), &arguments);
        let uri = format!("coap://{}", server.address());
        let ran = run(python("oscore.py").arg(&uri).arg(folder.path().join("device.client")), &[]);
        let expected = (Some(0), "methods\nblocks\nobservation\n");
        assert_eq!((ran.code, ran.text()), expected, "round {round}: {}", ran.stderr);
        // Nobody else is let in.
        assert_eq!(twite(["get", &format!("{uri}/a")]).code, Some(4), "round {round}");
        server.kill();
    }
}
