//! What the RFCs demand, one file each.

mod board;
mod datagram;
mod discovery;
mod hostile;
mod rfc7252_client;
mod rfc7252_congestion;
mod rfc7252_deferred;
mod rfc7252_duplicates;
mod rfc7252_exchanges;
mod rfc7252_messages;
mod rfc7252_multicast;
mod rfc7252_options;
mod rfc7641;
mod rfc7959;
mod rfc7967;
mod rfc8516;
mod rfc8768;
mod rfc8974;
mod scenarios;
mod typed_resources;
