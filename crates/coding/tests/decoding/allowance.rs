//! What readers allow.

use http_step_coding::Allowance;

/// Any memory, and as much as a function lets be decoded.
pub(crate) struct Decodes<F>(pub(crate) F);

impl<F: FnMut(usize) -> Result<(), E>, E> Allowance for Decodes<F> {
    type Error = E;

    fn decoded(&mut self, bytes: usize) -> Result<(), E> {
        (self.0)(bytes)
    }

    fn holds(&mut self, _: usize) -> Result<(), E> {
        Ok(())
    }
}

/// Any number of bytes, in as much memory as a function lets be held.
pub(crate) struct Holds<F>(pub(crate) F);

impl<F: FnMut(usize) -> Result<(), E>, E> Allowance for Holds<F> {
    type Error = E;

    fn decoded(&mut self, _: usize) -> Result<(), E> {
        Ok(())
    }

    fn holds(&mut self, bytes: usize) -> Result<(), E> {
        (self.0)(bytes)
    }
}
