//! A running `twite serve` that ends with the test.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::program;

/// How long a server may take to be ready, or to end, on a machine under load.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server process, killed on drop.
#[derive(Debug)]
pub struct Server {
    child: Child,
    addresses: Vec<SocketAddr>,
    http: Vec<SocketAddr>,
    log: Option<JoinHandle<String>>,
    /// Lines of the log as they come.
    lines: Mutex<Receiver<String>>,
}

impl Server {
    /// Starts a server on a free port of the loopback address; `data` is its directory.
    pub fn start(data: &Path, arguments: &[&str]) -> Self {
        Self::listening(data, &["127.0.0.1:0"], arguments)
    }

    /// Starts a server on these addresses and waits until it is ready.
    pub fn listening(data: &Path, listen: &[&str], arguments: &[&str]) -> Self {
        let mut command = program::command();
        command.arg("serve").arg("--data").arg(data).args(arguments);
        for address in listen {
            command.args(["--listen", address]);
        }
        Self::spawn(&mut command)
    }

    /// Starts what `command` says and waits for the line that says it is ready.
    pub fn spawn(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let stdout = child.stdout.take().expect("a pipe");
        let stderr = child.stderr.take().expect("a pipe");
        let (sender, lines) = channel();
        let log = std::thread::spawn(move || collect(BufReader::new(stderr), &sender));
        let ready = first_line(BufReader::new(stdout));
        let mut server =
            Self { child, addresses: Vec::new(), http: Vec::new(), log: Some(log), lines: Mutex::new(lines) };
        match ready.recv_timeout(PATIENCE) {
            Ok(line) => {
                server.addresses = addresses(&line, "coap://");
                server.http = addresses(&line, "http://");
            }
            Err(_) => {
                // It may have ended by itself already.
                let _ = server.child.kill();
                panic!("the server is not ready; its log:\n{}", server.end().1);
            }
        }
        server
    }

    /// The first address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// The first address it listens on for HTTP.
    pub fn http(&self) -> SocketAddr {
        self.http[0]
    }

    /// All addresses it listens on.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The URI of one of its resources.
    pub fn uri(&self, path: &str) -> String {
        format!("coap://{}/{path}", self.address())
    }

    /// Kills it as a loss of power would; its log.
    pub fn kill(mut self) -> String {
        self.child.kill().expect("it runs");
        self.end().1
    }

    /// Ends it by SIGTERM; its exit code and its log.
    pub fn terminate(mut self) -> (Option<i32>, String) {
        self.signal("TERM");
        let (status, log) = self.end();
        (status.code(), log)
    }

    /// Sends it the signal of this name.
    pub fn signal(&self, name: &str) {
        let script = format!("kill -{name} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &script]).status().expect("a shell");
        assert!(sent.success(), "the server is gone");
    }

    /// Waits for the next line of its log that holds this text.
    pub fn hear(&self, text: &str) -> String {
        let lines = self.lines.lock().expect("nobody panics with it");
        loop {
            let line =
                lines.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("no line has {text:?}: {error}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Waits for its end.
    fn end(&mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                break status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            std::thread::sleep(Duration::from_millis(1));
        };
        let log = self.log.take().expect("it ends once").join().expect("the log is read");
        (status, log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads to the end, beside everything else; each line is sent as soon as it is there.
fn collect(mut reader: impl BufRead, sender: &Sender<String>) -> String {
    let mut log = String::new();
    let mut line = Vec::new();
    // The log ends with the server, however that ends.
    while reader.read_until(b'\n', &mut line).is_ok_and(|len| len > 0) {
        let text = String::from_utf8_lossy(&line).into_owned();
        line.clear();
        log.push_str(&text);
        // Few want to hear it.
        let _ = sender.send(text);
    }
    log
}

/// Sends the first line as soon as it is there, and reads on so that the writer never waits.
fn first_line(mut reader: BufReader<impl std::io::Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        if reader.read_line(&mut line).is_ok_and(|len| len > 0) {
            // Nobody waits any more after the deadline.
            let _ = sender.send(line);
            let _ = std::io::copy(&mut reader, &mut std::io::sink());
        }
    });
    receiver
}

/// From `listening on coap://127.0.0.1:5683 coap://[::1]:5683 http://127.0.0.1:8080`, those of one scheme.
fn addresses(line: &str, scheme: &str) -> Vec<SocketAddr> {
    let list = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("not ready: {line}"));
    let those = list.split_whitespace().filter_map(|uri| uri.strip_prefix(scheme));
    those.map(|address| address.parse().unwrap_or_else(|_| panic!("no address: {address}"))).collect()
}
