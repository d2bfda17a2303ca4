//! The page shows what its user may read.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use twite_server::policy::TokenHash;
use twite_tests::ask;
use twite_tests::browser::Screen;
use twite_tests::folder::Folder;

use crate::{CBOR, TEMPERATURE, WARM, look, serve};

const TOKEN: &str = "twite_reader";

#[test]
fn a_token_is_asked_for_where_the_policy_wants_one() {
    let folder = Folder::new();
    let hash = TokenHash::of(TOKEN.as_bytes()).to_text();
    let text = format!(
        "[identities.anonymous]\nroles = [\"device\"]\n\
         [identities.reader]\nroles = [\"reader\"]\nbearer = [\"{hash}\"]\n\
         [roles.device]\npermissions = [{{ path = \"**\", methods = [\"PUT\"] }}]\n\
         [roles.reader]\npermissions = [\n\
         {{ path = \".well-known/core\", methods = [\"GET\"] }},\n\
         {{ path = \"sensors/**\", methods = [\"GET\"] }}]\n"
    );
    let policy = folder.file("policy.toml", text);
    fs::set_permissions(&policy, Permissions::from_mode(0o600)).expect("our own file");
    let server = serve(&folder.path().join("data"), &["--policy", policy.to_str().expect("text")]);
    ask::put(server.address(), TEMPERATURE, CBOR, WARM);
    ask::put(server.address(), "secret", 0, b"s");
    let browser = look(&server, Screen::Desk, "resources");
    browser.wait("document.getElementById('token-dialog').open");
    browser.wait_for_text("#connection", "refused");
    assert_eq!(browser.run("return document.querySelectorAll('button[data-path]').length"), 0);
    browser.fill("#token", "wrong");
    browser.click("#token-dialog .primary");
    browser.wait("document.getElementById('token-dialog').open");
    browser.fill("#token", TOKEN);
    browser.click("#token-dialog .primary");
    browser.wait_for_text("#connection", "live");
    browser.wait_for_text("button[data-path]", "21.5 °C");
    let paths = "return [...document.querySelectorAll('button[data-path]')].map((row) => row.dataset.path)";
    assert_eq!(browser.run(paths), serde_json::json!([TEMPERATURE]), "only what it may read");
    // What is for others is said plainly where it is looked for.
    browser.run("location.hash = '#messages'");
    browser.wait_for_text("#messages-problem", "403");
    browser.run("location.hash = '#exchanges'");
    browser.wait_for_text("#exchanges-problem", "403");
}
