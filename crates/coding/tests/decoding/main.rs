//! Whole bodies through the decoder, against the encoders of each format.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

// The tests' tools.
mod allowance;
mod encoders;
mod feeding;
mod source;

// Valid bodies.
mod body;
mod formats;
mod holding;
mod round_trips;

// Invalid and hostile bodies.
mod bombs;
mod damage;
