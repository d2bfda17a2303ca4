//! The dashboard in a browser.

mod access;
mod appearance;
mod editing;
mod live;

use std::path::Path;

use twite_tests::browser::{Browser, Screen};
use twite_tests::server::Server;

/// 21.5 °C in CBOR.
const WARM: &[u8] = b"\xa1\x00\xf9\x4d\x60";
/// 22 °C in CBOR.
const WARMER: &[u8] = b"\xa1\x00\xf9\x4d\x80";
const TEMPERATURE: &str = "sensors/a1/temperature";
const CBOR: u16 = 60;

/// A server with the dashboard.
fn serve(data: &Path, arguments: &[&str]) -> Server {
    Server::start(data, &[&["--http", "127.0.0.1:0"], arguments].concat())
}

/// The dashboard of a server at one of its views.
fn look(server: &Server, screen: Screen, view: &str) -> Browser {
    let browser = Browser::start(screen);
    browser.open(&format!("http://{}/#{view}", server.http()));
    browser
}
