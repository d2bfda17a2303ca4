//! A board in QEMU that ends with the test: started, told what its sensor measures, asked what its lamp shows.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use twite::base;
use twite_device::{Eeprom, Record, Storage as _, Target, TwoCopies};

use crate::folder::Folder;
use crate::qmp::Qmp;

/// How long the emulator may take to start, or the board to say something, on a machine under load.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes of the EEPROM.
const EEPROM: usize = 8192;

/// This host's loopback address as the board sees it.
const HOST: [u8; 4] = [10, 0, 2, 2];

/// The board that is emulated; its folder's name and QEMU's.
const BOARD: &str = "lm3s6965evb";

/// What a board is told before it starts.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The port of this host that readings are pushed to, and the time between two of them.
    pub push: Option<(u16, Duration)>,
    /// The port of this host where a directory is, and how long a registration lives.
    pub directory: Option<(u16, Duration)>,
    /// What the thermometer measures from the start on, in thousandths of a degree Celsius.
    pub temperature: Option<i32>,
    /// How its first start ends, if it is an image that can be provoked.
    pub provoke: Option<u8>,
    /// An image other than the usual one.
    pub image: Option<PathBuf>,
}

/// An EEPROM that is to be.
struct Cells(Vec<u8>);

impl Eeprom for Cells {
    type Error = ();

    fn read(&mut self, address: u16, buffer: &mut [u8]) -> Result<(), ()> {
        let cells = self.0.get(address.into()..).and_then(|cells| cells.get(..buffer.len())).ok_or(())?;
        buffer.copy_from_slice(cells);
        Ok(())
    }

    fn write(&mut self, address: u16, bytes: &[u8]) -> Result<(), ()> {
        let cells =
            self.0.get_mut(address.into()..).and_then(|cells| cells.get_mut(..bytes.len())).ok_or(())?;
        cells.copy_from_slice(bytes);
        Ok(())
    }
}

impl Setup {
    /// The EEPROM's bytes.
    fn eeprom(&self) -> Vec<u8> {
        let mut records = TwoCopies::<_, { Record::FREE + 1 }>::new(Cells(vec![0; EEPROM]));
        for (target, record) in [(self.push, Record::PUSH), (self.directory, Record::DIRECTORY)] {
            if let Some((port, time)) = target {
                let time = base::Duration::from_millis(time.as_millis() as u64);
                Target { server: (HOST, port).into(), time }.save(&mut records, record).expect("room");
            }
        }
        if let Some(how) = self.provoke {
            records.save(Record::FREE, &[how]).expect("room");
        }
        records.into_inner().0
    }
}

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
        folder.file("eeprom", setup.eeprom());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (eeprom, uart, socket) = (path("eeprom"), path("uart"), path("qmp"));
        let mut command = Command::new("qemu-system-arm");
        command.args([
            "-M",
            BOARD,
            "-display",
            "none",
            "-monitor",
            "none",
            "-serial",
            &format!("file:{uart}"),
        ]);
        command.args(["-nic", "user,model=stellaris,hostfwd=udp:127.0.0.1:0-:5683"]);
        command.args(["-device", "tmp105,id=temp,bus=i2c,address=0x48"]);
        command.args(["-device", "pca9552,id=leds,bus=i2c,address=0x60"]);
        command.args(["-drive", &format!("if=none,id=ee,format=raw,file={eeprom}")]);
        command.args(["-device", "at24c-eeprom,bus=i2c,address=0x50,drive=ee,rom-size=8192"]);
        command.args(["-d", "guest_errors,unimp", "-D", &path("complaints")]);
        command.args(["-qmp", &format!("unix:{socket},server=on,wait=off")]);
        command.args(["-qmp", &format!("unix:{},server=on,wait=off", path("people"))]);
        command.arg("-S").arg("-kernel").arg(setup.image.as_deref().unwrap_or_else(|| image()));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| {
            panic!("qemu-system-arm does not start ({error}); on Debian: apt-get install qemu-system-arm")
        });
        let qmp = Qmp::connect(Path::new(&socket), PATIENCE);
        let mut emulator = Self { child, qmp, address: ([127, 0, 0, 1], 0).into(), folder };
        if let Some(millidegrees) = setup.temperature {
            emulator.set_temperature(millidegrees);
        }
        emulator.qmp.execute("cont", &json!({}));
        let port = emulator.forwarded_port();
        emulator.address.set_port(port);
        emulator.wait_for("listening on");
        emulator
    }

    /// Where its CoAP server is reached.
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

/// The image, built if it is missing or stale, once per program.
pub fn image() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build(&[], "", &[]))
}

/// Builds the image by `device/boards/build` with these options before the board's name and these of cargo's behind it;
/// the path of a copy of it, beside it, whose name ends by `kind`: the next build is written where this one was.
pub fn build(options: &[&str], kind: &str, cargo: &[&str]) -> PathBuf {
    /// Builds of several tests do not mix.
    static BUILDING: Mutex<()> = Mutex::new(());
    let _building = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../device/boards/build");
    let output = Command::new(script).args(options).arg(BOARD).args(cargo).output().expect("a shell");
    assert!(output.status.success(), "no image:\n{}", String::from_utf8_lossy(&output.stderr));
    let path = String::from_utf8(output.stdout).expect("a path is text");
    let path = path.trim();
    let copy = PathBuf::from(format!("{path}-tested{kind}"));
    std::fs::copy(path, &copy).expect("room");
    copy
}
