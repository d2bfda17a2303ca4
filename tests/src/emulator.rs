//! A board in QEMU that ends with the test: started, told what its sensor measures, asked what its lamp shows.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::board::Setup;
use crate::folder::Folder;
use crate::qmp::Qmp;

/// How long the emulator may take to start, or the board to say something, on a machine under load.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running board.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    qmp: Qmp,
    address: SocketAddr,
    folder: Folder,
}

impl Emulator {
    /// Starts the board with a fresh EEPROM and waits until it listens.
    pub fn start() -> Self {
        Self::start_with(&Setup::default())
    }

    /// Starts the board with this EEPROM and waits until it listens.
    pub fn start_with(setup: &Setup) -> Self {
        let folder = Folder::new();
        let mut command = setup.board.command(setup, &folder);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let program = command.get_program().to_owned();
        let child = command.spawn().unwrap_or_else(|error| {
            panic!("{} does not start ({error}); tests/setup installs it", program.display())
        });
        let qmp = Qmp::connect(&folder.path().join("qmp"), PATIENCE);
        let mut emulator = Self { child, qmp, address: ([127, 0, 0, 1], 0).into(), folder };
        if let Some(millidegrees) = setup.temperature {
            emulator.set_temperature(millidegrees);
        }
        emulator.qmp.execute("cont", &json!({}));
        if setup.cable.is_none() {
            let port = emulator.forwarded_port();
            emulator.address.set_port(port);
        }
        emulator.wait_for("listening on");
        emulator
    }

    /// Where its CoAP server is reached; port 0 if it is at a hub, which this host's sockets do not reach.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URI of one of its resources.
    pub fn uri(&self, path: &str) -> String {
        format!("coap://{}/{path}", self.address)
    }

    /// The socket on which QEMU takes commands, for one more at a time than this.
    pub fn qmp_socket(&self) -> PathBuf {
        self.folder.path().join("people")
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sets what the thermometer measures, in thousandths of a degree Celsius.
    pub fn set_temperature(&mut self, millidegrees: i32) {
        let what =
            json!({"path": "/machine/peripheral/temp", "property": "temperature", "value": millidegrees});
        self.qmp.execute("qom-set", &what);
    }

    /// Whether the lamp shines.
    pub fn lamp_shines(&mut self) -> bool {
        let what = json!({"path": "/machine/peripheral/leds", "property": "led0"});
        self.qmp.execute("qom-get", &what) == "on"
    }

    /// Presses the select button, or lets it go.
    pub fn press(&mut self, down: bool) {
        let key = json!({"type": "qcode", "data": "ctrl"});
        let what = json!({"events": [{"type": "key", "data": {"down": down, "key": key}}]});
        self.qmp.execute("input-send-event", &what);
    }

    /// Resets the board as its button would.
    pub fn reset(&mut self) {
        self.qmp.execute("system_reset", &json!({}));
    }

    /// What the board wrote to its UART.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("uart")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How often it started.
    pub fn starts(&self) -> usize {
        self.log().lines().filter(|line| line.starts_with("twite ")).count()
    }

    /// Bytes of stack it used at most, as it says.
    pub fn stack_used(&self) -> u64 {
        let log = self.log();
        let figures = log.lines().filter_map(|line| line.strip_prefix("stack used ")?.trim().parse().ok());
        figures.max().expect("it measures its stack")
    }

    /// What QEMU says the firmware did wrong.
    pub fn complaints(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("complaints")).unwrap_or_default()
    }

    /// Waits until the log has a line that starts like this, for the `count`th time in all.
    pub fn wait_for_times(&mut self, start: &str, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.log().lines().filter(|line| line.starts_with(start)).count() < count {
            let status = self.child.try_wait().expect("it is our child");
            assert!(status.is_none(), "QEMU ended: {status:?}");
            assert!(Instant::now() < deadline, "no {start:?} in the log:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the log has a line that starts like this.
    pub fn wait_for(&mut self, start: &str) {
        self.wait_for_times(start, 1);
    }

    /// Waits for the emulator's own end.
    pub fn wait(mut self) {
        self.child.wait().expect("it is our child");
    }

    /// The port of the host that QEMU chose.
    fn forwarded_port(&mut self) -> u16 {
        let what = json!({"command-line": "info usernet"});
        let answer = self.qmp.execute("human-monitor-command", &what);
        let lines = answer.as_str().expect("text").lines();
        let words = lines.filter(|line| line.contains("HOST_FORWARD")).flat_map(str::split_whitespace);
        let port = words.skip_while(|word| *word != "127.0.0.1").nth(1);
        port.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("no port in {answer}"))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
