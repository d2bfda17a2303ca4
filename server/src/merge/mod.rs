//! Merge patch (RFC 7396): a document changed by a document of the same shape.
//!
//! In a patch `null` deletes a member, a map merges with the map in its place, anything else replaces what is there;
//! an array replaces as a whole. The algorithm is the RFC's for JSON and for CBOR alike: [`Json`] keeps the order of
//! members and every value that the patch does not name as it is written, [`Cbor`] writes merged maps with their
//! keys in bytewise order (RFC 8949 §4.2.1), text and integers in their shortest form. A CBOR map with a tag is no
//! map here: it replaces.
//!
//! Both documents must have been checked before: then the levels of recursion are at most those that were allowed
//! there, and so are those of the result.

mod cbor;
mod json;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use cbor::{Cbor, CborByName, integer, text};
pub use json::Json;

/// The members of a map or an object: the key as it is written in the result, and the value.
pub type Members<'d> = Vec<(Vec<u8>, Cow<'d, [u8]>)>;

/// How documents of one format are taken apart and put together.
pub trait Form {
    /// The members of a map with their values as they stand there; `None` for anything else.
    fn members(item: &[u8]) -> Option<Members<'_>>;

    /// A map of these members.
    fn join(members: Members<'_>) -> Vec<u8>;

    /// Whether the item is `null`.
    fn is_null(item: &[u8]) -> bool;

    /// By which key a patch names the member of the document that has this key.
    fn named(key: &[u8]) -> Cow<'_, [u8]> {
        Cow::Borrowed(key)
    }
}

/// A map that has a key twice once its keys are in one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuplicateKey;

impl std::fmt::Display for DuplicateKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a map has the same key twice")
    }
}

impl std::error::Error for DuplicateKey {}

/// The document after the patch, `MergePatch` of RFC 7396 §2.
///
/// # Errors
/// When a map of the patch has a key twice, in two encodings that mean the same.
pub fn merge<F: Form>(target: Option<&[u8]>, patch: &[u8]) -> Result<Vec<u8>, DuplicateKey> {
    let Some(changes) = F::members(patch) else { return Ok(patch.to_vec()) };
    let order: Vec<Vec<u8>> = changes.iter().map(|(key, _)| key.clone()).collect();
    let mut changes: BTreeMap<Vec<u8>, Cow<'_, [u8]>> = changes.into_iter().collect();
    if changes.len() < order.len() {
        return Err(DuplicateKey);
    }
    let mut merged = Members::new();
    for (key, value) in target.and_then(F::members).unwrap_or_default() {
        match changes.remove(F::named(&key).as_ref()) {
            None => merged.push((key, value)),
            Some(change) if F::is_null(&change) => {}
            Some(change) => merged.push((key, merge::<F>(Some(&value), &change)?.into())),
        }
    }
    for key in order {
        // What is left names members that the target does not have.
        if let Some(change) = changes.remove(&key).filter(|change| !F::is_null(change)) {
            merged.push((key, merge::<F>(None, &change)?.into()));
        }
    }
    Ok(F::join(merged))
}

#[cfg(test)]
mod tests;
