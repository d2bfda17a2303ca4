//! What is done in the page is done to the resources.

use twite_tests::ask;
use twite_tests::browser::{Screen, key};
use twite_tests::folder::Folder;

use crate::{CBOR, TEMPERATURE, WARM, WARMER, look, serve};

#[test]
fn an_edit_reaches_coap() {
    let folder = Folder::new();
    let server = serve(folder.path(), &[]);
    ask::put(server.address(), TEMPERATURE, CBOR, WARM);
    let browser = look(&server, Screen::Desk, &format!("resources/{TEMPERATURE}"));
    browser.wait_for_text("[data-field=celsius]", "21.5");
    browser.fill("#edit-body", r#"{"celsius": 22}"#);
    browser.click("#edit-send");
    browser.wait_for_text("#edit-result", "204");
    assert_eq!(ask::get_as(server.address(), TEMPERATURE, CBOR).payload, WARMER);
    browser.fill("#edit-body", r#"{"celsius": -300}"#);
    browser.click("#edit-send");
    browser.wait_for_text("#edit-result", "400 invalid body");
    browser.wait_for_text("#edit-result", "celsius: expected a number from -273.15 to 10000");
    browser.click("#edit-delete");
    browser.wait_for_text("#edit-result", "204 Deleted");
    assert_eq!(ask::code(&ask::get(server.address(), TEMPERATURE)), "4.04");
}

#[test]
fn what_is_cbor_stays_cbor() {
    let folder = Folder::new();
    let server = serve(folder.path(), &[]);
    // {"a": [1, -2, 1.5, null, true]}
    let body = b"\xa1\x61a\x85\x01\x21\xfa\x3f\xc0\x00\x00\xf6\xf5";
    ask::put(server.address(), "any/thing", CBOR, body);
    let browser = look(&server, Screen::Desk, "resources/any/thing");
    browser.wait("document.getElementById('edit-type').value === 'application/cbor'");
    browser.fill("#edit-body", r#"{"a": [1, -2, 1.5, null, true], "b": {"ü": 70000}}"#);
    browser.click("#edit-send");
    browser.wait_for_text("#edit-result", "204");
    let changed = ask::get(server.address(), "any/thing");
    let expected = [b"\xa2", &body[1..], b"\x61b\xa1\x62\xc3\xbc\x1a\x00\x01\x11\x70"].concat();
    assert_eq!(changed.payload, expected);
}

#[test]
fn who_was_overtaken_is_told_and_overwrites_nothing() {
    let folder = Folder::new();
    let server = serve(folder.path(), &[]);
    ask::put(server.address(), TEMPERATURE, CBOR, WARM);
    let browser = look(&server, Screen::Desk, &format!("resources/{TEMPERATURE}"));
    browser.wait_for_text("[data-field=celsius]", "21.5");
    browser.fill("#edit-body", r#"{"celsius": 5}"#);
    ask::put(server.address(), TEMPERATURE, CBOR, WARMER);
    browser.wait_for_text(".check", "which it is not");
    browser.click("#edit-send");
    browser.wait_for_text("#edit-result", "412 precondition failed");
    browser.wait_for_text("#edit-result", "Nothing was overwritten");
    assert_eq!(ask::get_as(server.address(), TEMPERATURE, CBOR).payload, WARMER);
    browser.click("#edit-force");
    browser.wait_for_text("#edit-result", "204");
    assert_eq!(ask::get_as(server.address(), TEMPERATURE, 50).payload, br#"{"celsius": 5}"#);
}

#[test]
fn a_lamp_is_switched_with_the_keyboard_alone() {
    let folder = Folder::new();
    let server = serve(folder.path(), &[]);
    // {0: false, 1: 40}
    ask::put(server.address(), "lamps/desk", CBOR, b"\xa2\x00\xf4\x01\x18\x28");
    ask::put(server.address(), TEMPERATURE, CBOR, WARM);
    let browser = look(&server, Screen::Desk, "devices");
    browser.wait_for_text("#connection", "live");
    browser.press(&["1", "/"]);
    browser.wait("document.activeElement.id === 'filter'");
    browser.write("desk");
    browser.wait("document.querySelectorAll('button[data-path]').length === 1");
    browser.press(&[key::DOWN]);
    // On the folder, if there is one, or on the lamp.
    browser.wait("document.activeElement.closest('#tree')");
    while browser.run("return document.activeElement.dataset.path ?? null").is_null() {
        browser.press(&[key::DOWN]);
    }
    browser.press(&[key::ENTER]);
    browser.wait_for_text("#path", "lamps/desk");
    while browser.run("return document.activeElement.dataset.name ?? ''") != "on" {
        browser.press(&[key::TAB]);
    }
    browser.press(&[key::SPACE]);
    browser.wait("document.querySelector('[data-name=on]').getAttribute('aria-checked') === 'true'");
    assert_eq!(ask::get_as(server.address(), "lamps/desk", 50).payload, br#"{"on":true,"brightness":40}"#);
    assert_eq!(browser.run("return document.activeElement.dataset.name"), "on", "the focus stays");
    browser.press(&["n"]);
    browser.wait("document.activeElement.id === 'edit-path'");
    browser.write("notes/one");
    browser.press(&[key::TAB, key::TAB]);
    browser.write("[1]");
    browser.chord(key::CONTROL, key::ENTER);
    browser.wait_for_text("#path", "notes/one");
    assert_eq!(ask::get_as(server.address(), "notes/one", 50).payload, b"[1]");
    assert_eq!(browser.complaints(), [""; 0]);
}
