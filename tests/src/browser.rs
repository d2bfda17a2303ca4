//! A headless Chromium, driven by WebDriver (W3C) over HTTP.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use crate::folder::Folder;

/// How long the page may take for what it is waited for, in milliseconds, on a machine under load.
const PATIENCE: u64 = 30_000;

/// The key of WebDriver's references to elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys that are no characters, in the codes of WebDriver.
pub mod key {
    /// Tab.
    pub const TAB: &str = "\u{e004}";
    /// Enter.
    pub const ENTER: &str = "\u{e007}";
    /// Space.
    pub const SPACE: &str = " ";
    /// Arrow down.
    pub const DOWN: &str = "\u{e015}";
    /// Control.
    pub const CONTROL: &str = "\u{e009}";
}

/// What the browser shows its pages on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// A window of 1280 × 1080.
    Desk,
    /// A telephone, 360 pixels wide.
    Telephone,
}

/// A browser with one page, ended on drop.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    session: String,
    agent: Agent,
    _profile: Folder,
}

impl Browser {
    /// Starts a browser.
    ///
    /// # Panics
    /// Without Debian's `chromium` and `chromium-driver`, which `tests/setup` installs.
    pub fn start(screen: Screen) -> Self {
        let profile = Folder::new();
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver of Debian's chromium-driver is installed: tests/setup does it");
        let stdout = driver.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(stdout).lines();
        let port = lines.find_map(|line| {
            let line = line.expect("text");
            Some(line.rsplit_once("successfully on port ")?.1.trim_end_matches('.').to_owned())
        });
        let port = port.expect("chromedriver says on which port it listens");
        std::thread::spawn(move || lines.count());
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_millis(3 * PATIENCE)))
            .build()
            .into();
        let base = format!("http://127.0.0.1:{port}/session");
        let mut browser = Self { driver, session: base, agent, _profile: profile };
        let options = browser.options(screen);
        let session = browser.post(
            "",
            &json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "timeouts": { "script": PATIENCE, "pageLoad": PATIENCE },
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": options,
        } } }),
        );
        browser.session =
            format!("{}/{}", browser.session, session["sessionId"].as_str().expect("a session"));
        browser
    }

    fn options(&self, screen: Screen) -> Value {
        let profile = format!("--user-data-dir={}", self._profile.path().display());
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            "--lang=en",
            "--window-size=1280,1080",
            &profile,
        ];
        match screen {
            Screen::Desk => json!({ "args": arguments }),
            Screen::Telephone => json!({ "args": arguments, "mobileEmulation": {
                "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 2.0 },
            } }),
        }
    }

    /// Opens a page.
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// What a function body returns in the page.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until an expression in the page is true; its value.
    pub fn wait(&self, expression: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; const look = () => {{ const is = ({expression}); \
             if (is) done(is); else setTimeout(look, 10); }}; look();"
        );
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Waits until what a selector finds is there and says this.
    pub fn wait_for_text(&self, selector: &str, text: &str) {
        let (selector, text) = (json!(selector), json!(text));
        self.wait(&format!(
            "[...document.querySelectorAll({selector})].some((one) => one.innerText.includes({text}))"
        ));
    }

    /// Presses keys, one after the other.
    pub fn press(&self, keys: &[&str]) {
        let strokes: Vec<Value> = keys
            .iter()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        self.act(&strokes);
    }

    /// Presses a key while another is held.
    pub fn chord(&self, held: &str, key: &str) {
        let stroke = |kind: &str, key: &str| json!({ "type": kind, "value": key });
        self.act(&[
            stroke("keyDown", held),
            stroke("keyDown", key),
            stroke("keyUp", key),
            stroke("keyUp", held),
        ]);
    }

    /// Types a text, key by key.
    pub fn write(&self, text: &str) {
        let keys: Vec<String> = text.chars().map(String::from).collect();
        self.press(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    }

    fn act(&self, strokes: &[Value]) {
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keys", "actions": strokes }] }));
    }

    /// Clicks what the selector finds, when it is there.
    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Empties what the selector finds and types a text there.
    pub fn fill(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/clear"), &json!({}));
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    fn find(&self, selector: &str) -> String {
        self.wait(&format!("document.querySelector({})?.checkVisibility()", json!(selector)));
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    /// A picture of what is seen, as PNG in base64.
    pub fn picture(&self) -> String {
        let answer = self.agent.get(format!("{}/screenshot", self.session)).call();
        value("screenshot", answer).as_str().expect("a picture").to_owned()
    }

    /// What the page and the browser complained of since the last call: errors, and what the page's policy forbids.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({ "type": "browser" }));
        let entries = log.as_array().into_iter().flatten();
        let severe = entries.filter(|entry| entry["level"] == "SEVERE");
        severe.filter_map(|entry| entry["message"].as_str().map(str::to_owned)).collect()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.agent.post(format!("{}{path}", self.session));
        let body = body.to_string();
        value(&format!("{path} {body}"), request.header("content-type", "application/json").send(&body))
    }
}

fn value(what: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
    let mut answer = answer.unwrap_or_else(|error| panic!("{what}: {error}"));
    let text = answer.body_mut().with_config().limit(64 << 20).read_to_string().expect("text");
    let mut json: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{what}: {error}: {text}"));
    assert!(answer.status().is_success(), "{what}: {text}");
    json["value"].take()
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser with the session; it may be gone already.
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
