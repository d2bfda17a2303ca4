//! Security contexts as records.

use twite::oscore::{Context, ParameterError, Parameters, Start};

use super::{RECORD, Record, Storage};

/// How many contexts a device has room for.
pub(crate) const CONTEXTS: usize = 2;

/// Records of the parameters of one context.
const PARTS: u8 = 5;

/// The longest parameters: five lengths, and the bytes.
const LONGEST: usize = PARTS as usize * RECORD;

/// The length that stands for no ID context, which is not the same as an empty one.
const NONE: u8 = 0xff;

/// Where a storage keeps one security context (RFC 8613): in one record the limit below which its sequence numbers may have
/// been used (App. B.1.1), 8 bytes in network order, in five more its parameters. These are the lengths of master secret,
/// master salt, sender ID, recipient ID and ID context, a byte each, then their bytes: 120 in all at most.
///
/// Whoever saves a context must have made its keys anew: numbers start at 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContextPlace(u8);

/// Why there is no context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContextError<E> {
    /// The storage failed.
    Storage(E),
    /// The parameters have more than 115 bytes, or what is stored is none.
    Length,
    /// No context has these parameters.
    Parameters(ParameterError),
    /// It is not stored which sequence numbers were used: the context must not be used any more.
    NoNumbers,
}

impl ContextPlace {
    /// How many records a context takes.
    pub const RECORDS: u8 = 1 + PARTS;

    /// All places.
    pub const ALL: [Self; CONTEXTS] = [Self(Record::CONTEXTS), Self(Record::CONTEXTS + Self::RECORDS)];

    /// The context here, as its storage says that it was used; `None` if none was saved.
    ///
    /// # Errors
    /// Why there is none that may be used.
    pub fn load<S: Storage>(self, storage: &mut S) -> Result<Option<Context>, ContextError<S::Error>> {
        let mut bytes = [0; LONGEST];
        for (part, room) in (1..).zip(bytes.chunks_mut(RECORD)) {
            let length = storage.load(self.0 + part, room).map_err(ContextError::Storage)?;
            if part == 1 && length == 0 {
                return Ok(None);
            }
        }
        let parameters = decode(&bytes).ok_or(ContextError::Length)?;
        let mut limit = [0; 8];
        if storage.load(self.0, &mut limit).map_err(ContextError::Storage)? != limit.len() {
            return Err(ContextError::NoNumbers);
        }
        let start = match u64::from_be_bytes(limit) {
            0 => Start::New,
            limit => Start::Stored(limit),
        };
        Context::derive(&parameters, start).map(Some).map_err(ContextError::Parameters)
    }

    /// Puts a new context here, in place of any other: after a power cut here is the one before, none or the new one.
    ///
    /// # Errors
    /// Why it cannot be stored.
    pub fn save<S: Storage>(
        self,
        storage: &mut S,
        parameters: &Parameters<'_>,
    ) -> Result<(), ContextError<S::Error>> {
        let mut bytes = [0; LONGEST];
        let length = encode(parameters, &mut bytes).ok_or(ContextError::Length)?;
        Context::derive(parameters, Start::New).map_err(ContextError::Parameters)?;
        let mut save = |record, bytes: &[u8]| storage.save(record, bytes).map_err(ContextError::Storage);
        // Without its first part it is none.
        save(self.0 + 1, &[])?;
        save(self.0, &[0; 8])?;
        let (first, rest) = bytes.get(..length).unwrap_or_default().split_at(RECORD.min(length));
        for (part, bytes) in (2..).zip(rest.chunks(RECORD)) {
            save(self.0 + part, bytes)?;
        }
        save(self.0 + 1, first)
    }

    /// Stores that sequence numbers below `limit` may have been used.
    ///
    /// # Errors
    /// When the storage failed: then they must not be used.
    pub fn reserve<S: Storage>(self, storage: &mut S, limit: u64) -> Result<(), S::Error> {
        storage.save(self.0, &limit.to_be_bytes())
    }
}

/// Writes the parameters; their length, `None` if there is no room.
fn encode(parameters: &Parameters<'_>, bytes: &mut [u8; LONGEST]) -> Option<usize> {
    let &Parameters { master_secret, master_salt, sender_id, recipient_id, id_context } = parameters;
    let fields = [master_secret, master_salt, sender_id, recipient_id, id_context.unwrap_or_default()];
    let (lengths, mut rest) = bytes.split_first_chunk_mut::<5>()?;
    let mut written = lengths.len();
    for (length, field) in lengths.iter_mut().zip(fields) {
        let (room, behind) = rest.split_at_mut_checked(field.len())?;
        room.copy_from_slice(field);
        *length = field.len() as u8; // there was room
        written += field.len();
        rest = behind;
    }
    if id_context.is_none() {
        lengths[4] = NONE;
    }
    Some(written)
}

/// Reads the parameters; `None` if these bytes are none.
fn decode(bytes: &[u8; LONGEST]) -> Option<Parameters<'_>> {
    let (&lengths, mut rest) = bytes.split_first_chunk::<5>()?;
    let [master_secret, master_salt, sender_id, recipient_id, id_context] = lengths.map(|length| {
        let length = if length == NONE { 0 } else { usize::from(length) };
        let (field, behind) = rest.split_at_checked(length)?;
        rest = behind;
        Some(field)
    });
    Some(Parameters {
        master_secret: master_secret?,
        master_salt: master_salt?,
        sender_id: sender_id?,
        recipient_id: recipient_id?,
        id_context: if lengths[4] == NONE { None } else { Some(id_context?) },
    })
}

// The budget of a context, on whatever the device is built for.
const _: () = assert!(size_of::<Context>() <= 128);
const _: () = assert!(Record::FREE == Record::CONTEXTS + CONTEXTS as u8 * ContextPlace::RECORDS);
