//! Whole bodies through the decoder, against the encoders of each format.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

// The tests' own tools.
mod allowance;
mod encoders;
mod feeding;
mod source;

// What comes back.
mod body;
mod formats;
mod holding;
mod round_trips;

// What does not.
mod bombs;
mod damage;
