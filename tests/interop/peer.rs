//! aiocoap in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use twite_tests::program::{Ran, twite};

/// A command for one of the scripts beside this file.
pub(super) fn python(script: &str) -> Command {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python: PathBuf = tests.join("../.venv/bin/python");
    assert!(
        python.exists(),
        "aiocoap is missing; run in the workspace's root: \
         python3 -m venv .venv && .venv/bin/pip install 'aiocoap[oscore]==0.4.17'"
    );
    let mut command = Command::new(python);
    command.arg(tests.join("interop").join(script));
    command
}

/// A running aiocoap server; it ends when its standard input does.
pub(super) struct Aiocoap {
    child: Child,
    port: u16,
}

impl Aiocoap {
    /// One that knows no contexts.
    pub(super) fn start() -> Self {
        Self::spawn(&mut python("server.py"))
    }

    /// One with the context in this folder.
    pub(super) fn under(context: &Path) -> Self {
        Self::spawn(python("server.py").arg(context))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
        let mut line = String::new();
        // The script writes its port or ends, either soon.
        let read = BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line);
        let mut aiocoap = Self { child, port: 0 };
        read.expect("its output");
        aiocoap.port = line.trim().parse().expect("the server is ready");
        aiocoap
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Has `twite` ask it; it ends with this code.
    pub(super) fn ask(&self, code: i32, command: &str, path: &str, more: &[&str]) -> Ran {
        let uri = format!("coap://{}{path}", self.address());
        let ran = twite([command, &uri].iter().chain(more));
        assert_eq!(ran.code, Some(code), "{command} {path} {more:?}: {ran:?}");
        ran
    }
}

impl Drop for Aiocoap {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
