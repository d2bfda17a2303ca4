//! The page is for everybody, on every screen, and asks nobody else for anything.

use serde_json::{Value, json};
use twite_tests::ask;
use twite_tests::browser::{Browser, Screen};
use twite_tests::folder::Folder;
use twite_tests::server::Server;

use crate::{CBOR, TEMPERATURE, WARM, WARMER, look, serve};

const VIEWS: [&str; 6] =
    ["resources", "resources/sensors/a1/temperature", "resources/?new", "devices", "exchanges", "messages"];

/// A server with something of everything.
fn filled(folder: &Folder) -> Server {
    let server = serve(folder.path(), &[]);
    ask::put(server.address(), TEMPERATURE, CBOR, WARM);
    ask::put(server.address(), TEMPERATURE, CBOR, WARMER);
    ask::put(server.address(), "lamps/desk", CBOR, b"\xa2\x00\xf5\x01\x18\x28");
    ask::put(server.address(), "nodes/attic", CBOR, b"\xa3\x00\x19\x0e\x74\x01\x19\x27\xdb\x02\x0f");
    ask::put(
        server.address(),
        "notes/a-long-name-without-any-space-in-it/and-one-more-that-is-long",
        0,
        &[b'w'; 300],
    );
    server
}

/// Goes to a view and waits until it shows something.
fn turn_to(browser: &Browser, view: &str) {
    browser.run(&format!("location.hash = {}", json!(format!("#{view}"))));
    let name = view.split('/').next().expect("a name");
    browser.wait(&format!("!document.getElementById('{name}').hidden"));
    browser.wait_for_text("#connection", "live");
    let shown = match view {
        "resources" => "document.querySelector('button[data-path]')",
        "devices" => {
            "document.querySelector('[data-node]') && document.querySelector('#server-health .badge')"
        }
        "exchanges" => "document.querySelector('[data-figure]')",
        "messages" => "document.querySelector('#packets')",
        "resources/?new" => "document.querySelector('#edit-path')",
        _ => "document.querySelector('.plot canvas')",
    };
    browser.wait(shown);
}

#[test]
fn axe_finds_nothing_serious_in_either_scheme() {
    let folder = Folder::new();
    let server = filled(&folder);
    let browser = look(&server, Screen::Desk, "resources");
    let axe = include_str!("axe-core/axe.min.js");
    for scheme in ["light", "dark"] {
        browser.run(&format!("document.documentElement.dataset.scheme = '{scheme}'"));
        for view in VIEWS {
            turn_to(&browser, view);
            // The page's policy lets no script in; what a driver runs is no part of the page.
            browser.run(&format!("if (!window.axe) {{ {axe} }}"));
            browser.run("window.found = null; axe.run().then((found) => { window.found = found; })");
            let found = browser.wait("window.found && window.found.violations");
            let serious: Vec<&Value> = found
                .as_array()
                .expect("a list")
                .iter()
                .filter(|one| one["impact"] == "serious" || one["impact"] == "critical")
                .collect();
            assert!(serious.is_empty(), "{view}, {scheme}: {serious:#?}");
        }
    }
}

#[test]
fn a_telephone_shows_all_of_it_without_scrolling_sideways() {
    let folder = Folder::new();
    let server = filled(&folder);
    let browser = look(&server, Screen::Telephone, "resources");
    for view in VIEWS {
        turn_to(&browser, view);
        let width = browser.run("return [document.documentElement.scrollWidth, window.innerWidth]");
        assert_eq!(width, json!([360, 360]), "{view}");
    }
}

#[test]
fn nothing_comes_from_elsewhere() {
    let folder = Folder::new();
    let server = filled(&folder);
    let browser = look(&server, Screen::Desk, "resources");
    for view in VIEWS {
        turn_to(&browser, view);
    }
    let requests = browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)");
    let requests = requests.as_array().expect("a list");
    let own = format!("http://{}/", server.http());
    assert!(requests.len() > 10, "{requests:?}");
    for request in requests {
        assert!(request.as_str().is_some_and(|url| url.starts_with(&own)), "{request}");
    }
    assert_eq!(browser.complaints(), [""; 0]);
    // The policy of the page lets nothing else be asked.
    browser
        .run("window.refused = null; fetch('http://127.0.0.2:9/').catch(() => { window.refused = true; })");
    browser.wait("window.refused");
    assert!(browser.complaints().iter().any(|complaint| complaint.contains("Content Security Policy")));
}

/// What is not ours is as its authors published it.
#[test]
fn axe_has_the_checksum_of_its_package() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/axe-core");
    let mut check = std::process::Command::new("sha256sum");
    check.args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(folder);
    assert!(check.status().expect("sha256sum runs").success());
}
