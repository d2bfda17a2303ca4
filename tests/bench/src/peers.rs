//! The servers, each pinned to the first core and killed with its value.

use std::io::{BufRead as _, BufReader};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::machine;

/// A running server.
#[derive(Debug)]
pub struct Peer {
    /// What the table calls it.
    pub name: &'static str,
    child: Child,
    authority: String,
    folder: Option<PathBuf>,
}

/// Names a binary to measure instead of the one that was built last. A server refuses variables that it does not know,
/// so it does not get to see it.
const PROGRAM: &str = "TWITE_PROGRAM";

/// The `twite` to measure, and to measure with.
pub fn twite() -> PathBuf {
    std::env::var_os(PROGRAM).map_or_else(|| "target/release/twite".into(), Into::into)
}

/// A command on one core, where there are several.
pub fn pinned(core: usize, program: PathBuf) -> Command {
    let mut command = Command::new("taskset");
    if machine::cores() < 2 {
        command = Command::new(program);
    } else {
        command.args(["-c", &core.to_string()]).arg(program);
    }
    command.env_remove(PROGRAM);
    command
}

impl Peer {
    /// One of ours beside this program: `raw`, `echo` or `coap_rs`.
    pub fn ours(name: &'static str, program: &str) -> Self {
        let folder = std::env::current_exe().expect("this program has a path");
        let command = pinned(0, folder.with_file_name(program));
        Self::ready(name, command, None)
    }

    /// Twite with this durability, a store of its own and these arguments.
    pub fn twite(name: &'static str, durability: &str, more: &[&str]) -> Self {
        Self::started(name, pinned(0, twite()), durability, more)
    }

    /// Twite in memory with so many threads, on all cores.
    pub fn workers(name: &'static str, count: &str) -> Self {
        let mut command = Command::new(twite());
        command.env_remove(PROGRAM);
        Self::started(name, command, "memory", &["--workers", count])
    }

    fn started(name: &'static str, mut command: Command, durability: &str, more: &[&str]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("twite-bench-{}-{number}", std::process::id()));
        // Of an earlier process of this id.
        let _ = std::fs::remove_dir_all(&folder);
        command.args(["serve", "--listen", "127.0.0.1:0", "--durability", durability]).args(more);
        command.arg("--data").arg(&folder);
        let peer = Self::ready(name, command, Some(folder));
        peer.fill();
        peer
    }

    /// Debian's libcoap, if it is installed.
    pub fn libcoap() -> Option<Self> {
        let free =
            UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
        let mut command = pinned(0, "coap-server-notls".into());
        let port = free.port().to_string();
        command.args(["-A", "127.0.0.1", "-p", &port, "-d", "10", "-v", "0"]);
        let installed = Command::new("coap-server-notls").arg("-h").stderr(Stdio::null()).status().is_ok();
        let child = installed.then(|| command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok())?;
        let peer = Self { name: "libcoap", child: child?, authority: free.to_string(), folder: None };
        peer.fill();
        Some(peer)
    }

    fn ready(name: &'static str, mut command: Command, folder: Option<PathBuf>) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("its first line");
        let authority = line.trim().rsplit("coap://").next().expect("an address").to_owned();
        Self { name, child, authority, folder }
    }

    /// The resource that is asked for.
    pub fn uri(&self) -> String {
        format!("coap://{}/t", self.authority)
    }

    /// Where it listens.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Its process; `taskset` becomes the program it starts.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Puts five bytes at the resource, as soon as the server answers: the first datagram may find nobody.
    fn fill(&self) {
        let put = |_: u32| {
            let mut command = Command::new(twite());
            command
                .args(["put", "--timeout", "1", &self.uri(), "hello"])
                .env_remove(PROGRAM)
                .stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        assert!((0..50).any(put), "{} does not answer", self.name);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
