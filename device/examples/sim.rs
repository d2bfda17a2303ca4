//! A device on this host: the firmware's library with parts that are played, on a UDP socket.
//!
//! ```console
//! $ cargo run -p twite-device --example sim -- 127.0.0.1:5683
//! ```
//!
//! Further arguments: `--push SERVER` to push readings to `readings/sim`, `--period SECONDS` between them, `--directory
//! SERVER` to register as `sim`, `--state FILE` to keep what survives a power cut: an EEPROM's image, also one into which
//! `twite keygen` put security contexts, so that only protected requests are served. The temperature swings, the button is
//! pressed every 10 seconds.

use std::cell::Cell;
use std::convert::Infallible;
use std::error::Error;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::rc::Rc;
use std::time::{self, SystemTime};

use embedded_hal::digital::{self, InputPin, OutputPin};
use embedded_hal::i2c::{self, I2c, Operation};
use twite::base::{Duration, Instant};
use twite::reliability::Peer;
use twite_device::{
    Device, DeviceMemory, DirectorySettings, Eeprom, Lm75, Node, Output, PushSettings, Record, Settings,
    Storage, TwoCopies,
};

/// What the device has of its memory.
type Records = TwoCopies<Memory, { Record::FREE }>;

/// Microseconds since the start, for the parts that change with time.
#[derive(Clone)]
struct Time(time::Instant);

impl Time {
    fn now(&self) -> Instant {
        Instant::from_micros(u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX))
    }
}

/// A bus with an LM75 that swings by 2 °C around 21.5 °C.
struct Bus(Time);

impl i2c::ErrorType for Bus {
    type Error = Infallible;
}

impl I2c for Bus {
    fn transaction(&mut self, _: u8, operations: &mut [Operation<'_>]) -> Result<(), Infallible> {
        let celsius = 21.5 + 2.0 * (self.0.0.elapsed().as_secs_f32() / 10.0).sin();
        // Steps of 1/16 °C, in units of 1/256 °C.
        let register = ((celsius * 16.0).round() * 16.0) as i16;
        for operation in operations {
            if let Operation::Read(bytes) = operation {
                bytes.iter_mut().zip(register.to_be_bytes()).for_each(|(to, from)| *to = from);
            }
        }
        Ok(())
    }
}

/// A lamp that says what it does.
struct Lamp(Rc<Cell<Option<bool>>>);

impl digital::ErrorType for Lamp {
    type Error = Infallible;
}

impl OutputPin for Lamp {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.set(Some(false));
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.set(Some(true));
        Ok(())
    }
}

/// A button that is pressed for a second every 10 seconds.
struct Button(Time);

impl digital::ErrorType for Button {
    type Error = Infallible;
}

impl InputPin for Button {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.0.elapsed().as_secs() % 10 == 9)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        self.is_high().map(|high| !high)
    }
}

/// A file, or nothing but a page of memory.
enum Memory {
    File(File),
    Page(Box<[u8; Records::SIZE]>),
}

impl Eeprom for Memory {
    type Error = io::Error;

    fn read(&mut self, address: u16, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::from(address);
        match self {
            Self::File(file) => file.read_exact_at(buffer, u64::from(address)),
            Self::Page(page) => {
                let end = start + buffer.len();
                buffer.copy_from_slice(page.get(start..end).ok_or(ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }

    fn write(&mut self, address: u16, bytes: &[u8]) -> io::Result<()> {
        let start = usize::from(address);
        match self {
            Self::File(file) => file.write_all_at(bytes, u64::from(address)).and_then(|()| file.sync_data()),
            Self::Page(page) => {
                let end = start + bytes.len();
                page.get_mut(start..end).ok_or(ErrorKind::UnexpectedEof)?.copy_from_slice(bytes);
                Ok(())
            }
        }
    }
}

/// What the command line says.
struct Arguments {
    listen: SocketAddr,
    push: Option<SocketAddr>,
    period: u64,
    directory: Option<SocketAddr>,
    state: Option<String>,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let listen = SocketAddr::from(([127, 0, 0, 1], 5683));
        let mut read = Self { listen, push: None, period: 5, directory: None, state: None };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
            match word.as_str() {
                "--push" => read.push = Some(value()?.parse()?),
                "--period" => read.period = value()?.parse()?,
                "--directory" => read.directory = Some(value()?.parse()?),
                "--state" => read.state = Some(value()?),
                address => read.listen = address.parse().map_err(|_| format!("{address}: no address"))?,
            }
        }
        Ok(read)
    }

    fn memory(&self) -> io::Result<Memory> {
        let Some(path) = &self.state else { return Ok(Memory::Page(Box::new([0xff; Records::SIZE]))) };
        // It may come to hold keys.
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let length = file.metadata()?.len();
        if let Some(missing) = Records::SIZE.checked_sub(length as usize) {
            file.write_all_at(&vec![0xff; missing], length)?;
        }
        Ok(Memory::File(file))
    }

    fn settings(&self) -> Settings<'static> {
        let period = Duration::from_secs(self.period);
        let push = |server| PushSettings { server, collection: "readings/sim", period };
        let directory = |server| DirectorySettings { server, name: "sim", lifetime: 300 };
        Settings { push: self.push.map(push), directory: self.directory.map(directory), ..Settings::DEFAULT }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let socket = UdpSocket::bind(arguments.listen)?;
    println!("listening on {}", socket.local_addr()?);
    let (time, lamp) = (Time(time::Instant::now()), Rc::default());
    let thermometer = Lm75::new(Bus(time.clone()), 0x48);
    let node = Node::new(thermometer, Lamp(Rc::clone(&lamp)), Button(time.clone()), 100)?;
    let storage = Records::new(arguments.memory()?);
    let mut memory = DeviceMemory::<384>::new();
    let device = Device::new(time.now(), node, storage, memory.lend(), seed(), arguments.settings());
    if device.demands_protection() {
        println!("only protected requests are served");
    }
    run(device, &socket, &time, &lamp)
}

/// The super-loop.
fn run<S: Storage>(
    mut device: Device<'_, Lm75<Bus>, Lamp, Button, S>,
    socket: &UdpSocket,
    time: &Time,
    lamp: &Cell<Option<bool>>,
) -> Result<(), Box<dyn Error>> {
    let mut buffer = [0; 1_500];
    let (mut presses, mut pushed, mut registered) = (0, None, false);
    loop {
        let until = loop {
            match device.poll(time.now(), &mut buffer) {
                Output::Transmit { peer, length } => {
                    // What cannot be sent is lost, as on the network.
                    let _ = socket.send_to(&buffer[..length], peer.remote);
                }
                Output::Wait(until) => break until,
            }
        };
        if let Some(on) = lamp.take() {
            println!("lamp {}", if on { "on" } else { "off" });
        }
        if device.node().button().presses != presses {
            presses = device.node().button().presses;
            println!("button pressed {presses} times");
        }
        if device.pushed() != pushed {
            pushed = device.pushed();
            println!("readings: {pushed:?}");
        }
        if device.is_registered(time.now()) != registered {
            registered = !registered;
            println!("{}", if registered { "registered" } else { "no longer registered" });
        }
        let wait = until.since(time.now()).as_micros().max(1);
        socket.set_read_timeout(Some(time::Duration::from_micros(wait)))?;
        match socket.recv_from(&mut buffer) {
            Ok((length, remote)) => device.handle(time.now(), Peer::new(remote), &buffer[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Not to be guessed by a stranger of another host; a board has a source of true randomness.
fn seed() -> [u8; 32] {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(&time.to_le_bytes());
    seed[16..20].copy_from_slice(&std::process::id().to_le_bytes());
    seed
}
