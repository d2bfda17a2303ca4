//! What the RFCs demand, one file each.

mod board;
mod cocoa;
mod coverage;
mod crowds;
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
mod rfc7252_parameters;
mod rfc7641;
mod rfc7641_pace;
mod rfc7959;
mod rfc7967;
mod rfc8132;
mod rfc9175;
mod scenarios;
mod typed_resources;
