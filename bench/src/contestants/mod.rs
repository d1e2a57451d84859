//! What is compared: each contestant is a worker that sends requests when it is asked for a
//! [round](crate::protocol).

pub(crate) mod native;
pub(crate) mod reference;
pub(crate) mod spawns;
pub(crate) mod step;
