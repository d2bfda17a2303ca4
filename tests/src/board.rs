//! Boards that QEMU emulates, and what they are told before they start.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use twite::base;
use twite_device::{Eeprom, Record, Storage as _, Target, TwoCopies};

use crate::folder::Folder;
use crate::hub::Port;

/// The address of images that are built without DHCP.
pub const FIXED: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 7);

/// Bytes of the EEPROM.
const EEPROM: usize = 8192;

/// A board.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Board {
    /// TI's LM3S6965 evaluation board (Cortex-M3).
    #[default]
    Lm3s6965evb,
    /// QEMU's machine `virt` (RV32IMAC).
    QemuVirtRv32,
}

impl Board {
    /// Its folder's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lm3s6965evb => "lm3s6965evb",
            Self::QemuVirtRv32 => "qemu-virt-rv32",
        }
    }

    /// The image, built if it is missing or stale, once per program.
    pub fn image(self) -> &'static Path {
        static BUILT: [OnceLock<PathBuf>; 2] = [const { OnceLock::new() }; 2];
        BUILT[self as usize].get_or_init(|| build(self, &[], "", &[]))
    }

    /// The command that starts it, stopped before its first instruction; its files are in `folder`.
    pub(crate) fn command(self, setup: &Setup, folder: &Folder) -> Command {
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut command = match self {
            Self::Lm3s6965evb => {
                let eeprom = setup.eeprom(folder);
                let mut command = Command::new("qemu-system-arm");
                command.args(["-M", "lm3s6965evb", "-device", "tmp105,id=temp,bus=i2c,address=0x48"]);
                command.args(["-device", "pca9552,id=leds,bus=i2c,address=0x60"]);
                command.args(["-drive", &format!("if=none,id=ee,format=raw,file={}", eeprom.display())]);
                command.args(["-device", "at24c-eeprom,bus=i2c,address=0x50,drive=ee,rom-size=8192"]);
                let mac = setup.cable.as_ref().map_or(0x56, |cable| cable.last_of_mac);
                command.args([
                    "-net",
                    &format!("nic,model=stellaris,netdev=net,macaddr=52:54:00:12:34:{mac:02x}"),
                ]);
                command
            }
            Self::QemuVirtRv32 => {
                let mut command = Command::new("qemu-system-riscv32");
                command.args(["-M", "virt", "-bios", "none", "-m", "16"]);
                command.args(["-global", "virtio-mmio.force-legacy=false"]);
                command.args(["-device", "virtio-net-device,netdev=net"]);
                command
            }
        };
        command.args(["-display", "none", "-monitor", "none", "-serial", &format!("file:{}", path("uart"))]);
        command.arg("-netdev").arg(setup.cable.as_ref().map_or_else(
            || "user,id=net,hostfwd=udp:127.0.0.1:0-:5683".to_owned(),
            |Cable { port, .. }| {
                let (end, hub) = (port.end.display(), port.hub.display());
                format!("dgram,id=net,local.type=unix,local.path={end},remote.type=unix,remote.path={hub}")
            },
        ));
        command.args(["-d", "guest_errors,unimp", "-D", &path("complaints")]);
        command.args(["-qmp", &format!("unix:{},server=on,wait=off", path("qmp"))]);
        command.args(["-qmp", &format!("unix:{},server=on,wait=off", path("people"))]);
        command.arg("-S").arg("-kernel");
        command.arg(setup.image.as_deref().unwrap_or_else(|| self.image()));
        command
    }
}

/// This UDP port of this host's loopback address, as a board sees it.
pub fn on_host(port: u16) -> SocketAddr {
    ([10, 0, 2, 2], port).into()
}

/// What plugs a board in at a hub.
#[derive(Clone, Debug)]
pub struct Cable {
    /// Where.
    pub port: Port,
    /// The last byte of its Ethernet address.
    pub last_of_mac: u8,
}

impl Cable {
    /// The link-local address that the board makes of its Ethernet address (RFC 4862 §5.3).
    pub fn link_local(&self) -> Ipv6Addr {
        Ipv6Addr::new(0xfe80, 0, 0, 0, 0x5054, 0x00ff, 0xfe12, 0x3400 | u16::from(self.last_of_mac))
    }
}

/// What a board is told before it starts.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Which board it is.
    pub board: Board,
    /// Where readings are pushed to, and the time between two of them.
    pub push: Option<(SocketAddr, Duration)>,
    /// Where a directory is, and how long a registration lives.
    pub directory: Option<(SocketAddr, Duration)>,
    /// What the thermometer measures from the start on, in thousandths of a degree Celsius.
    pub temperature: Option<i32>,
    /// How its first start ends, if it is an image that can be provoked.
    pub provoke: Option<u8>,
    /// The hub where it is, instead of a network of its own behind this host.
    pub cable: Option<Cable>,
    /// An image of an EEPROM to work on, made by `twite keygen --device`, instead of a fresh one.
    pub eeprom: Option<PathBuf>,
    /// An image other than the usual one.
    pub image: Option<PathBuf>,
}

/// An EEPROM in memory.
#[derive(Debug)]
pub struct Cells(pub Vec<u8>);

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
    /// The EEPROM as the board will find it.
    fn eeprom(&self, folder: &Folder) -> PathBuf {
        let path = self.eeprom.clone().unwrap_or_else(|| folder.file("eeprom", [0; EEPROM]));
        let cells = std::fs::read(&path).expect("the image of an EEPROM");
        let mut records = TwoCopies::<_, { Record::FREE + 1 }>::new(Cells(cells));
        for (target, record) in [(self.push, Record::PUSH), (self.directory, Record::DIRECTORY)] {
            if let Some((server, time)) = target {
                let time = base::Duration::from_millis(time.as_millis() as u64);
                Target { server, time }.save(&mut records, record).expect("room");
            }
        }
        if let Some(how) = self.provoke {
            records.save(Record::FREE, &[how]).expect("room");
        }
        std::fs::write(&path, records.into_inner().0).expect("room");
        path
    }
}

/// Builds the image by `device/boards/build` with these options before the board's name and these of cargo's behind it;
/// the path of a copy of it, beside it, whose name ends by `kind`: the next build is written where this one was.
pub fn build(board: Board, options: &[&str], kind: &str, cargo: &[&str]) -> PathBuf {
    /// Builds of several tests do not mix.
    static BUILDING: Mutex<()> = Mutex::new(());
    let _building = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../device/boards/build");
    let mut command = Command::new(script);
    command.args(options).arg(board.name()).args(cargo).env("TWITE_IPV4", format!("{FIXED}/24"));
    let output = command.output().expect("a shell");
    assert!(output.status.success(), "no image:\n{}", String::from_utf8_lossy(&output.stderr));
    let path = String::from_utf8(output.stdout).expect("a path is text");
    let path = path.trim();
    let copy = PathBuf::from(format!("{path}-tested{kind}"));
    std::fs::copy(path, &copy).expect("room");
    copy
}
