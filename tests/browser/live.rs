//! What is seen changes by itself.

use twite_tests::ask;
use twite_tests::browser::Screen;
use twite_tests::folder::Folder;

use crate::{CBOR, TEMPERATURE, WARM, WARMER, look, serve};

#[test]
fn what_is_put_over_coap_appears_without_a_reload() {
    let folder = Folder::new();
    let server = serve(folder.path(), &[]);
    let browser = look(&server, Screen::Desk, "resources");
    browser.wait_for_text("#connection", "live");
    browser.run("window.isTheSame = true");
    ask::put(server.address(), TEMPERATURE, CBOR, WARM);
    browser.wait_for_text(&format!("button[data-path='{TEMPERATURE}'] .value"), "21.5 °C");
    browser.click(&format!("button[data-path='{TEMPERATURE}']"));
    browser.wait_for_text("[data-field=celsius]", "21.5 °C");
    ask::put(server.address(), TEMPERATURE, CBOR, WARMER);
    browser.wait_for_text("[data-field=celsius]", "22 °C");
    browser.wait(
        "document.querySelector('.plot').dataset.points === '2' && document.querySelector('.plot canvas')",
    );
    ask::delete(server.address(), TEMPERATURE);
    browser.wait_for_text(".notice", "Nothing is there");
    browser.wait("document.querySelectorAll('button[data-path]').length === 0");
    assert_eq!(browser.run("return window.isTheSame"), true, "nobody loaded it again");
}

#[test]
fn a_reader_who_was_away_sees_what_is_there_now() {
    let folder = Folder::new();
    let server = serve(folder.path(), &[]);
    ask::put(server.address(), "notes/old", 0, b"one");
    let browser = look(&server, Screen::Desk, "resources");
    browser.wait_for_text("button[data-path='notes/old']", "one");
    let http = server.http().to_string();
    let _log = server.kill();
    browser.wait_for_text("#connection", "no connection");
    let server = twite_tests::server::Server::start(folder.path(), &["--http", &http]);
    browser.wait_for_text("#connection", "live");
    ask::delete(server.address(), "notes/old");
    ask::put(server.address(), "notes/new", 0, b"two");
    browser.wait_for_text("button[data-path='notes/new']", "two");
    browser.wait("document.querySelector(\"button[data-path='notes/old']\") === null");
}

#[test]
fn devices_tell_of_themselves() {
    let folder = Folder::new();
    let server = serve(folder.path(), &[]);
    let browser = look(&server, Screen::Desk, "devices");
    browser.wait_for_text("#server-health .badge", "well");
    // An uptime of 3 700 s, firmware 1.2.3, a battery of 15 %.
    ask::put(server.address(), "nodes/attic", CBOR, b"\xa3\x00\x19\x0e\x74\x01\x19\x27\xdb\x02\x0f");
    for text in ["well", "1 h 1 min", "1.2.3", "Battery 15 %"] {
        browser.wait_for_text("[data-node=attic]", text);
    }
}

#[test]
fn exchanges_are_counted_and_messages_listed_while_somebody_looks() {
    let folder = Folder::new();
    let server = serve(folder.path(), &[]);
    let browser = look(&server, Screen::Desk, "messages");
    // The server says so when the stream is open: what comes before that, nobody sees.
    browser.wait("performance.getEntriesByType('resource').length > 0");
    browser.wait_for_text("#connection", "live");
    let seen = || browser.run("return document.getElementById('packets').rows.length").as_u64();
    while seen() == Some(0) {
        ask::put(server.address(), TEMPERATURE, CBOR, WARM);
    }
    browser.wait_for_text("#packets tr[data-way=in]", TEMPERATURE);
    browser.wait_for_text("#packets tr[data-way=in] [data-cell=Code]", "PUT");
    browser.wait_for_text("#packets tr[data-way=out] [data-cell=Code]", "2.0");
    browser.wait_for_text("#packets tr[data-way=out] [data-cell=Path]", &format!("(/{TEMPERATURE})"));
    ask::get(server.address(), "not/there");
    browser.wait_for_text("#packets tr[data-way=out] [data-cell=Code]", "4.04");
    browser.run("location.hash = '#exchanges'");
    browser.wait_for_text("#figures", "Requests served");
    browser
        .wait("Number(document.querySelector('[data-figure=twite_coap_requests_total]').textContent) >= 2");
    browser.wait_for_text("#figures caption", "Dropped or refused, by reason");
}
