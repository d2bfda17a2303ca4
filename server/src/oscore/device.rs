//! A side of a context in the image of a device's EEPROM, where the device keeps its sequence numbers too.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use twite::oscore::IdContext;
use twite_device::{ContextError, ContextPlace, Eeprom, Record, RecordError, TwoCopies};

use super::create::Made;
use super::{ContextFile, whole};
use crate::config::ConfigError;
use crate::private::open_hidden;

/// Bytes of the EEPROM of an image that is made: an AT24C64.
const SIZE: usize = 8_192;

/// An EEPROM as it leaves the factory.
const BLANK: u8 = 0xff;

/// The image.
struct Image(File);

type Records = TwoCopies<Image, { Record::FREE }>;

/// Puts a context into the image, which is made if it is not there. The device must not run on it meanwhile.
///
/// # Errors
/// What is wrong with the image; then it is what it was.
pub fn create(path: &Path, context: &ContextFile) -> Result<(), ConfigError> {
    let mut made = Made::default();
    if !path.exists() {
        made.file(path, [BLANK; SIZE])?;
    }
    let file = open_hidden(path, "keys").map_err(|problem| whole(path, problem))?;
    put(file, context).map_err(|problem| whole(path, problem))?;
    made.keep();
    Ok(())
}

fn put(file: File, context: &ContextFile) -> Result<(), String> {
    let failed = |error: io::Error| format!("cannot be read or written: {error}");
    let length = file.metadata().map_err(failed)?.len();
    if length < Records::SIZE as u64 {
        return Err(format!("has {length} bytes, expected an EEPROM's image of {} or more", Records::SIZE));
    }
    let told = |error| match error {
        ContextError::Storage(RecordError::Eeprom(error)) => failed(error),
        ContextError::Parameters(error) => error.to_string(),
        ContextError::Storage(RecordError::NoRoom) | ContextError::Length => {
            "has no room for so long a context, expected secret, salt and IDs of 115 bytes at most".to_owned()
        }
        ContextError::NoNumbers => "holds a context whose sequence numbers are lost".to_owned(),
    };
    let mut records = Records::new(Image(file));
    let mut free = None;
    for place in ContextPlace::ALL {
        let Some(there) = place.load(&mut records).map_err(told)? else {
            free = free.or(Some(place));
            continue;
        };
        // The device would always find the first one.
        if there.recipient_id().as_bytes() == context.recipient_id
            && there.id_context().map(IdContext::as_bytes) == context.id_context.as_deref()
        {
            return Err("holds a context for a client of this ID already, expected another".to_owned());
        }
    }
    let free = free.ok_or_else(|| {
        format!("holds {} contexts already, expected one that has room", ContextPlace::ALL.len())
    })?;
    free.save(&mut records, &context.parameters()).map_err(told)
}

impl Eeprom for Image {
    type Error = io::Error;

    fn read(&mut self, address: u16, buffer: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(buffer, address.into())
    }

    fn write(&mut self, address: u16, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, address.into())?;
        self.0.sync_data()
    }
}
