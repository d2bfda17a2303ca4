//! Twite.
