//! What the RFCs demand, one file each.

mod hostile;
