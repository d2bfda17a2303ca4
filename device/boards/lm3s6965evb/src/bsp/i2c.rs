//! The I²C controller 0 as master, 100 kHz.

use embedded_hal::i2c::{Error, ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation, SevenBitAddress};

use super::clock::HERTZ;
use super::gpio;
use super::register::Register;

const MSA: Register = Register::at(0x4002_0000);
const MCS: Register = Register::at(0x4002_0004);
const MDR: Register = Register::at(0x4002_0008);
const MTPR: Register = Register::at(0x4002_000c);
const MCR: Register = Register::at(0x4002_0020);

const RUN: u32 = 1;
const START: u32 = 2;
const STOP: u32 = 4;
const ACK: u32 = 8;

const BUSY: u32 = 1;
const ERROR: u32 = 2;
const ADDRESS_REFUSED: u32 = 4;
const DATA_REFUSED: u32 = 8;
const ARBITRATION_LOST: u32 = 0x10;

const MASTER: u32 = 0x10;
const BUS_HERTZ: u32 = 100_000;

/// How often the controller is asked before a byte counts as lost: longer than a clock-stretching sensor takes.
const PATIENCE: u32 = 500_000;

/// What stands between the write and the read of one transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turnaround {
    /// A repeated START, as the bus wants it.
    RepeatedStart,
    /// STOP and START, where a repeated START does not work. Sensors of the LM75 class and EEPROMs keep their
    /// register pointer in between.
    StopStart,
}

/// Why a transaction failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// Nobody has this address.
    Absent,
    /// The device refused a byte.
    Refused,
    /// The controller did not finish.
    Stuck,
}

impl Error for Failure {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Absent => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address),
            Self::Refused => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Data),
            Self::Stuck => ErrorKind::Bus,
        }
    }
}

/// The controller.
pub(crate) struct I2c0 {
    turnaround: Turnaround,
}

impl I2c0 {
    /// Switches it on.
    pub(super) fn start(turnaround: Turnaround) -> Self {
        gpio::i2c_pins();
        MCR.write(MASTER);
        MTPR.write(HERTZ / (20 * BUS_HERTZ) - 1);
        Self { turnaround }
    }

    /// One byte's worth of work.
    fn step(command: u32) -> Result<(), Failure> {
        MCS.write(command);
        let mut status = MCS.read();
        let mut left = PATIENCE;
        while status & BUSY != 0 {
            left = left.checked_sub(1).ok_or(Failure::Stuck)?;
            status = MCS.read();
        }
        if status & ERROR == 0 {
            return Ok(());
        }
        if status & ARBITRATION_LOST == 0 && command & STOP == 0 {
            MCS.write(STOP);
        }
        // QEMU says that the arbitration was lost where nobody answers.
        let absent = status & (ADDRESS_REFUSED | ARBITRATION_LOST) != 0;
        if absent || status & DATA_REFUSED == 0 { Err(Failure::Absent) } else { Err(Failure::Refused) }
    }

    fn write(address: u8, bytes: &[u8], starts: bool, stops: bool) -> Result<(), Failure> {
        MSA.write(u32::from(address) << 1);
        for (position, byte) in bytes.iter().enumerate() {
            let start = if starts && position == 0 { START } else { 0 };
            let stop = if stops && position + 1 == bytes.len() { STOP } else { 0 };
            MDR.write(u32::from(*byte));
            Self::step(RUN | start | stop)?;
        }
        Ok(())
    }

    fn read(address: u8, bytes: &mut [u8], starts: bool, stops: bool) -> Result<(), Failure> {
        MSA.write(u32::from(address) << 1 | 1);
        let len = bytes.len();
        for (position, byte) in bytes.iter_mut().enumerate() {
            let start = if starts && position == 0 { START } else { 0 };
            let end = if stops && position + 1 == len { STOP } else { ACK };
            Self::step(RUN | start | end)?;
            *byte = MDR.read() as u8;
        }
        Ok(())
    }
}

impl ErrorType for I2c0 {
    type Error = Failure;
}

impl I2c<SevenBitAddress> for I2c0 {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), Failure> {
        let mut before: Option<bool> = None;
        let mut rest = operations.iter_mut().peekable();
        while let Some(operation) = rest.next() {
            let reads = matches!(operation, Operation::Read(_));
            let starts = before != Some(reads);
            let turns = rest.peek().is_some_and(|next| matches!(next, Operation::Read(_)) != reads);
            let stops = rest.peek().is_none() || turns && self.turnaround == Turnaround::StopStart;
            match operation {
                Operation::Write(bytes) => Self::write(address, bytes, starts, stops)?,
                Operation::Read(bytes) => Self::read(address, bytes, starts, stops)?,
            }
            before = Some(reads);
        }
        Ok(())
    }
}
